"""Loop gain: what a unit move of one venue's price adds to the next move of another's, as hedgers answer it."""

CURVATURE = "curvature"  # channel: re-hedging of Gamma (asset) or convexity (swaps)
VANNA = "vanna"  # channel: re-hedging for the answer of vol

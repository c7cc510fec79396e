"""`fit_rates`: what records of curves and stress tell of the market of rates, as keys of a scenario."""

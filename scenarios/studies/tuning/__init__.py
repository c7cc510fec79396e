"""Tuning: the parameters of a hedging policy that lose least, and whether the finding holds elsewhere."""

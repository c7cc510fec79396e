"""Compiled loops over paths for the ledger and its proof: arrays in, arrays out."""

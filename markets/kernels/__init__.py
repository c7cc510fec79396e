"""Loops over paths: arrays in, arrays out, no branch and no call inside."""

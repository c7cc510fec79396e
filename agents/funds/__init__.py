"""Funds and executors: positions that grow and shrink by a rule."""

"""Funds and executors: positions that follow a rule."""

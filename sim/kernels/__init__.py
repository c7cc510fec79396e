"""Loops over paths: arrays in, arrays out."""

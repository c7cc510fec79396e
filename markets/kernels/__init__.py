"""Compiled loops over paths, books and orders: arrays in, arrays out; they round alike on every processor."""

"""Curves from a user's quotes, and swaps on them."""

"""The factors of the market and how each moves."""

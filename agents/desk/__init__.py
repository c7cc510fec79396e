"""A desk's book: positions, value, and attribution of its P&L."""

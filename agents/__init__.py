"""Who trades, lends and hedges, and why."""

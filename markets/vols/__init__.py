"""Implied vols: the smile, prices at a vol, the density that a smile implies."""

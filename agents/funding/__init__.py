"""Funding: lending, margin, calls, forced reductions, debts between desks and their settlement."""

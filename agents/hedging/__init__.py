"""Hedgers: desks that hedge a client book by a policy."""

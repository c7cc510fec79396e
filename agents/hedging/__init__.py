"""Hedgers: a client book kept near neutral by a policy."""

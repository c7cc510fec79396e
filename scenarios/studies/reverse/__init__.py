"""Reverse stress: the mildest storyline that a desk does not survive, and what would have saved it."""

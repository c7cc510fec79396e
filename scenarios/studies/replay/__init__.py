"""A user's own record and own book as a scenario."""

"""A scenario as text: its keys, a commented file, its levels day by day."""

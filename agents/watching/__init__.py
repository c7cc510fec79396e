"""Error messages for failing agents and policies of the user's own."""

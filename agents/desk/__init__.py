"""A desk's books: what it holds, what that is worth, and why its worth moved."""

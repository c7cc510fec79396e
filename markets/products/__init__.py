"""Products of a book, compiled to arrays."""

"""What a book holds, compiled to arrays."""

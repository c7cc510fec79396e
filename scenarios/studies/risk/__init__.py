"""Risk of a book at the start, from one pass over its flows: by position, key rate, quote, pair of keys and vol."""

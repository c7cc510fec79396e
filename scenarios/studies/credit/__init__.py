"""Credit by itself: hazard curves from a table of quotes, and contracts valued on them."""

"""Market makers, and the clients and noise traders that trade with them."""

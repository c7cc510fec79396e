"""Makers of markets, and the clients and noise traders who deal with them."""

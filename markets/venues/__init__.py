"""Venues: quotes, netting, clearing, impact, carry."""

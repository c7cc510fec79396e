"""Regulatory capital of what a user's tables hold: sensitivities, netting sets."""

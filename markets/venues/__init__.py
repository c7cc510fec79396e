"""Where things trade: quotes, netting, clearing, impact, carry."""

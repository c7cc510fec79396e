"""`fit`: parameters of the market's laws from daily records."""

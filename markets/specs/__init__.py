"""Parameters of the market as frozen values; import them from `markets.spec`."""

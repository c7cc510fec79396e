"""Parameters of the market as frozen values, one noun a file; `markets.spec` is the door."""

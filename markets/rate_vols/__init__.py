"""Vols of rates: prices at a normal or a lognormal vol, the SABR smile, cubes of them, the Hull-White model."""

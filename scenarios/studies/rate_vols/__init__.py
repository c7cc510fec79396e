"""Vols of rates from the files of a user."""

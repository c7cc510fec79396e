"""Sweeps: one scenario or many over axes of parameters, cell by cell, so that nothing that is finished is lost."""

"""Credit default swaps on a name: dates by convention, hazard curves from their quotes, value and exact risk."""

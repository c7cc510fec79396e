"""Path-dependent laws: vol and credit follow from the whole traded path."""

"""Laws with memory: vol and credit that follow from the whole traded path."""

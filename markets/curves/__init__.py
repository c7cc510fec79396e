"""Zero curves and the benchmark swaps that are traded on them."""

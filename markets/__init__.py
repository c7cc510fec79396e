"""Where prices, spreads, depth and funding terms come from; instruments, books, pricing kernels."""

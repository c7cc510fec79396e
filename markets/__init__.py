"""The market: prices, spreads, depth, credit; instruments, books, pricing kernels."""

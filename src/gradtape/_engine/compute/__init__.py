"""Programs, products, patches and random numbers, of kernels."""

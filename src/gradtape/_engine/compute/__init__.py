"""Computation by kernels: programs, products, patches and random numbers."""

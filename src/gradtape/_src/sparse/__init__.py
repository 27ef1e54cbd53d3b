"""Sparse tensors: values and their positions, and what is computed of these."""

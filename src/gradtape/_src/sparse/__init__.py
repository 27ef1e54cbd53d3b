"""Sparse tensors: values and their places, and what is computed of these."""

"""Tensors, and conversions to them."""

"""Tensors, and what becomes one."""

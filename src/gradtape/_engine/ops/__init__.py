"""Compiled primitives."""

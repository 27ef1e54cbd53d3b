"""The log of evaluations, and primitives."""

"""Differentiation: backward, forward, and the tape."""

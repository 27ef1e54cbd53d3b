"""Measurements besides steps; each is a function from an Effort to a Section of the report."""

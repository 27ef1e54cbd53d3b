"""Loops over flat data, compiled once per instruction set."""

"""Drops entries on which no live tensor depends. Importing this module sets the function pointer by which the log calls it."""

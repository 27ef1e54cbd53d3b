"""The log of what was computed, and what it knows of a primitive."""

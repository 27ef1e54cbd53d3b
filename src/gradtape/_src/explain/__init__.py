"""The tape that explains itself: steps from a target back to its sources, and why a gradient is what it is."""

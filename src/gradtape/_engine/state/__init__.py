"""Variables, and optimizers' steps."""

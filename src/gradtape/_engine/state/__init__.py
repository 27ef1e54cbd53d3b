"""Variables, and the steps of optimizers on them."""

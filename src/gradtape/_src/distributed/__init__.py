"""Several processes that compute together: exchanges over MPI, and strategies that train with them."""

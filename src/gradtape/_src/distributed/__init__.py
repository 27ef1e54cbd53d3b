"""Data-parallel computation in several processes: collectives over MPI, and strategies that train with them."""

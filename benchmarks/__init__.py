"""Comparisons of gradtape with its peers: `python -m benchmarks` runs them all and prints the ratio table."""

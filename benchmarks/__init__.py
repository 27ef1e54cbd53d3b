"""gradtape beside its peers: `python -m benchmarks` runs every comparison and prints the ratio table."""

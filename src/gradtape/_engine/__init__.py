"""The compiled engine, in rooms by concept; see cython/README.md."""

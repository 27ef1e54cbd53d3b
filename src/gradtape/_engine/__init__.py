"""The compiled engine, in folders by concept; see cython/README.md."""

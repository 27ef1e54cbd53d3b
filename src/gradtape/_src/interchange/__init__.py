"""Values and functions handed to other libraries, and taken from them."""

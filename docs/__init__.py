"""Makes the parts of the documentation that the program knows best."""

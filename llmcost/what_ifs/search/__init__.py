"""Which what-ifs to stack: all of them, the best stack, the cheapest settings."""

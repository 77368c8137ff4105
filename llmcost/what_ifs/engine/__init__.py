"""How what-ifs run: one step, a chain of them, the ends of their ranges."""

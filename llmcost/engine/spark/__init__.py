"""The same queries on Spark: a store over a lake, its settings, and the one layer that translates SQL."""

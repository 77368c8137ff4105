"""Queries on a few rows: what goes in, the parameters, what comes out, in one text file for each query."""

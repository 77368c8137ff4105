"""Kernels: replays that SQL cannot express, as each request depends on those before it."""

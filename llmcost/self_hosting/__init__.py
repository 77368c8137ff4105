"""Serving the traffic on machines of one's own: does the model fit, how fast would it answer, what would it cost.

machines, models   the GPUs, instances and model shapes that are known, with source and date
fitting            whether a model fits a GPU, and with how much room for a cache
timing             how long one iteration of the server takes, and how that is known
scheduler, replay  the traffic through vLLM's continuous batching
calibrate          iteration times fitted to what was measured
hours, hosting     which hours the machines run, what they cost
plan, break_even   the answers: machines, latencies, dollars; and the volume from which it pays
"""

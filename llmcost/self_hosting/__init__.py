"""Serving the traffic on your own machines: does the model fit, how fast would it answer, what would it cost.

model, quantization   a transformer's shape, from a table or a hub's config.json (config_json); how weights are stored
catalogue             the GPUs, instances and models that are known (machines.toml, models.toml, llmcost.toml)
fitting               whether a model fits a GPU, and with how much room for a cache
timing, footing       how long an iteration of the server takes, and how that is known
scheduler, replay     traffic through vLLM's continuous batching (records: its data, compiled: its compilation, or none)
prefixes              what each server's own prefix cache holds of the prompts
recorded, measured    a server's own record of a run; what bench-gpu stored
calibrate, fitted     iteration times fitted to either, and their errors (calibrations: those known; accuracy: replayed)
traffic               requests of a log that could be hosted
fleet, hosting        how many machines, in which hours, at which price
plan, summary         the answer for a log
volumes               the API, with caching and without, and hosting at each volume; from which one hosting pays
"""

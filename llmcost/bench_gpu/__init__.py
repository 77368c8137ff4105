"""bench-gpu: what a machine does under load, in tokens a second, milliseconds and dollars per million tokens.

Independent of the store and the logs. What it needs of them comes through
`llmcost.bench_gpu.command.Surroundings`; what it finds are `llmcost.bench_gpu.measurement.Measurement`s.
"""

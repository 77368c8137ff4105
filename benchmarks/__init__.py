"""Speed and memory of llmcost beside what a user would pick instead: `python -m benchmarks --help`."""

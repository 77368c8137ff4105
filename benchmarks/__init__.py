"""Speed and memory of llmcost against what a user would pick instead: `python -m benchmarks --help`."""

"""llmcost from Python: the questions that the commands ask, and their answers as tables."""

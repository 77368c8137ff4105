"""What the log leaves open of who spent what: a feature by rule, a prompt by its text; and the texts themselves.

A request's feature is what its log says, else what the first fitting rule of `llmcost.toml` says. Its prompt is what
the log says, else its system prompt (known by its hash), else the template that
it shares with other requests. Everything here can be undone: the store knows which features and prompts were added.
"""

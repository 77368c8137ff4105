"""Tables to people: the only place that prints. It knows tables, and nothing of logs, prices or stores."""

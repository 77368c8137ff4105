"""A transformer of a real shape with random weights in plain torch: what the card does without a server around it."""

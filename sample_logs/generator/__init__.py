"""What writes the sample logs: the story, the figures behind it, and one module for each format."""

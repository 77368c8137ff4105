"""What the commands and the Python API ask: from an open store to a view of the answer. One module each, so that no
question waits for what another one imports."""

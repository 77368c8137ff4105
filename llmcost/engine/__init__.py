"""The only code that touches a database engine: the store, the query files, and queries composed of queries."""

"""Regular expressions of a user's: the engine matches them with RE2, which has less than Python's."""

from functools import cache

from llmcost.engine import opening

HINT = "in RE2's syntax (github.com/google/re2/wiki/Syntax) without lookaround; escape a character with \\\\"


@cache
def fault(pattern: str) -> str | None:
    """Why the engine does not accept a regular expression; None where it does."""
    import duckdb

    opened = opening.of_memory()
    try:
        opened.connection.execute("select regexp_matches('', $pattern)", {"pattern": pattern}).fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0].rpartition("Error: ")[2]
    finally:
        opened.close()
    return None

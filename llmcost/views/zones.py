"""A time zone in words."""

from llmcost.reports.spend import TIMES


def days(timezone: str) -> str:
    """Whose the days of a result are, as a sentence."""
    return f"Days are {timezone}." if timezone == "UTC" else f"Days are those of {timezone}."


def brief(timezone: str) -> str:
    """The zone in few letters: the city that names it, without its continent."""
    return timezone.rpartition("/")[2].replace("_", " ")


def heading(dimension: str, timezone: str) -> str:
    """What heads a dimension's column; one of time says whose."""
    return f"{dimension} ({brief(timezone)})" if dimension in TIMES else dimension

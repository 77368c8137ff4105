"""What the engines say in different words. Each rule gets a node of a parsed statement and gives what Spark is told."""

from collections.abc import Callable

import sqlglot
from sqlglot import exp

MAPS = ("tags", "tools", "tools_usd")
"""The columns that are maps."""
LISTS = ("prefix", "request_ids", "example_request_ids")
"""The columns of which a part is taken as of a list."""
Rule = Callable[[exp.Expr], exp.Expr]
_WHOLE = {exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.SMALLINT}
_TRUTH = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean)


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A function of Spark's by name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def _is_call(node: exp.Expr, *names: str) -> bool:
    """Whether it calls one of these functions, which sqlglot does not know."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in names


def number(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Literal.number(value)


def _over(sql: str, what: exp.Expr) -> exp.Expr:
    """An expression of Spark's with something in the place of `x`."""
    found = sqlglot.parse_one(sql, dialect="spark")
    made: exp.Expr = found.transform(lambda it: what.copy() if isinstance(it, exp.Column) and it.name == "x" else it)
    return made


def fractions(node: exp.Expr) -> exp.Expr:
    """A number with a point is a double: decimals divide with few digits in Spark."""
    if isinstance(node, exp.Literal) and not node.is_string and not node.name.isdigit():
        return exp.Literal.number(f"{node.name}D" if "e" not in node.name.lower() else node.name)
    return node


def whole_numbers(node: exp.Expr) -> exp.Expr:
    """A cast to a whole number rounds half to even in DuckDB, and cuts off in Spark."""
    if (
        isinstance(node, exp.Cast | exp.TryCast)
        and node.to.this in _WHOLE
        and not isinstance(node.this.unnest(), (exp.Literal, exp.Null, exp.Count, *_TRUTH))
        and not (isinstance(node.this, exp.Anonymous) and node.this.name == "bround")
    ):
        node.set("this", call("bround", node.this))
    return node


def elements(node: exp.Expr) -> exp.Expr:
    """An element of a list counts from 1 in DuckDB, and there is none beyond its ends; nor of a map for other keys."""
    if not isinstance(node, exp.Bracket) or len(node.expressions) != 1:
        return node
    [index] = node.expressions
    if isinstance(index, exp.Slice):
        return _slice(node.this, index)
    of = node.this.unnest()
    by_key = (isinstance(index, exp.Literal) and index.is_string) or isinstance(index, exp.Neg)
    if by_key or (isinstance(of, exp.Column) and of.name in MAPS):
        return call("try_element_at", node.this, index)
    if isinstance(of, exp.Struct | exp.Max | exp.Min):
        return node
    return call("get", node.this, exp.Sub(this=exp.paren(index, copy=False), expression=number(1)))


def _slice(of: exp.Expr, part: exp.Slice) -> exp.Expr:
    """The part of a list, where it is one by its name or by what makes it, else of a text."""
    first, last = part.this or number(1), part.expression
    length = exp.Sub(this=exp.Add(this=exp.paren(last), expression=number(1)), expression=exp.paren(first.copy()))
    inner = of.unnest()
    is_list = isinstance(inner, exp.Filter | exp.ArrayAgg | exp.Flatten) or (
        isinstance(inner, exp.Column) and inner.name in LISTS
    )
    return call("slice" if is_list else "substring", of, first, call("greatest", length, number(0)))


def sums_of_lists(node: exp.Expr) -> exp.Expr:
    """The sum of a list's items that are there; nothing where there are none."""
    if _is_call(node, "list_sum"):
        [items] = node.expressions
        return _over(
            "case when cardinality(filter(x, one -> one is not null)) > 0"
            " then aggregate(x, 0D, (total, one) -> total + coalesce(one, 0D)) end",
            items,
        )
    if _is_call(node, "list_max", "list_min"):
        return call(f"array_{node.name.lower()[-3:]}", *node.expressions)
    return node


def sorted_lists(node: exp.Expr) -> exp.Expr:
    """A list that an aggregate collects is in the order that it is told: Spark's collects in none."""
    made = node.this if isinstance(node, exp.Filter) else node
    if (
        isinstance(node.parent, exp.Filter)
        or not isinstance(made, exp.ArrayAgg)
        or not isinstance(made.this, exp.Order)
    ):
        return node
    keys = made.this.expressions
    fields = [exp.alias_(made.this.this.copy(), "item")]
    fields += [exp.alias_(key.this.copy(), f"key_{place}") for place, key in enumerate(keys)]
    collected: exp.Expr = call("collect_list", call("struct", *fields))
    if isinstance(node, exp.Filter):
        collected = exp.Filter(this=collected, expression=node.expression)
    tests = ""
    for place, key in enumerate(keys):
        before, after = (1, -1) if key.args.get("desc") else (-1, 1)
        one, other, last = f"l.key_{place}", f"r.key_{place}", -1 if key.args.get("nulls_first") else 1
        tests += f" when {one} < {other} then {before} when {one} > {other} then {after}"
        tests += f" when {one} is null and {other} is not null then {last}"
        tests += f" when {one} is not null and {other} is null then {-last}"
    return _over(f"transform(array_sort(x, (l, r) -> case{tests} else 0 end), it -> it.item)", collected)


def hashes(node: exp.Expr) -> exp.Expr:
    """A number that tells values apart; which one is the engine's own matter, so nothing may depend on that."""
    if _is_call(node, "hash"):
        parts = [call("coalesce", exp.cast(one, "string"), exp.Literal.string("\x00")) for one in node.expressions]
        return call("abs", exp.paren(exp.IntDiv(this=call("xxhash64", *parts), expression=number(2)), copy=False))
    return node


def ranges(node: exp.Expr) -> exp.Expr:
    """The whole numbers from one up to, not including, another; none where there are none."""
    if isinstance(node, exp.GenerateSeries) and node.args.get("is_end_exclusive"):
        start, end = node.args["start"], node.args["end"]
        counted = call("sequence", start, exp.Sub(this=exp.paren(end.copy()), expression=number(1)))
        empty = exp.cast(call("array"), exp.DataType.build("array<bigint>", dialect="spark"))
        return call("if", exp.GT(this=exp.paren(end.copy()), expression=exp.paren(start.copy())), counted, empty)
    return node


def whole_matches(node: exp.Expr) -> exp.Expr:
    """Whether all of a text matches a pattern."""
    if isinstance(node, exp.RegexpFullMatch):
        return exp.RegexpLike(this=node.this, expression=exp.Literal.string(f"^(?:{node.expression.name})$"))
    return node


def positions(node: exp.Expr) -> exp.Expr:
    """Where a list has a value first, counted from 1; nothing where it has not."""
    if _is_call(node, "list_position", "array_position"):
        return call("nullif", call("array_position", *node.expressions), number(0))
    return node


def templates(node: exp.Expr) -> exp.Expr:
    """A text with values in it: whole numbers with commas."""
    if isinstance(node, exp.Format) and "{:,}" in node.this.name:
        texts = node.this.name.split("{:,}")
        parts: list[exp.Expr] = [exp.Literal.string(texts[0])]
        for value, text in zip(node.expressions, texts[1:], strict=True):
            parts += [call("format_number", value, number(0)), exp.Literal.string(text)]
        return call("concat", *parts)
    return node


def moments(node: exp.Expr) -> exp.Expr:
    """Seconds with their fractions, and microseconds, since 1970; of a difference of two moments, its length."""
    if isinstance(node, exp.TimeToUnix) or _is_call(node, "epoch"):
        of = node.this if isinstance(node, exp.TimeToUnix) else node.expressions[0]
        return exp.paren(exp.Div(this=_micros(of), expression=exp.Literal.number("1000000D")), copy=False)
    if _is_call(node, "epoch_us"):
        return _micros(node.expressions[0])
    return node


def _micros(of: exp.Expr) -> exp.Expr:
    inner = of.unnest()
    if isinstance(inner, exp.Sub):
        return exp.paren(exp.Sub(this=_micros(inner.this), expression=_micros(inner.expression)), copy=False)
    return call("unix_micros", exp.cast(of, exp.DataType.build("timestampltz")))


def lengths_of_time(node: exp.Expr) -> exp.Expr:
    """A number of seconds or of milliseconds as a length of time; the time of the clock is a function."""
    if isinstance(node, exp.Localtimestamp):
        return call("localtimestamp")
    if _is_call(node, "to_seconds", "to_milliseconds"):
        [of] = node.expressions
        per_second = number(1 if node.name.lower() == "to_seconds" else 1000)
        seconds = exp.cast(exp.Div(this=exp.paren(of), expression=per_second), "decimal(18, 6)")
        return call("make_dt_interval", number(0), number(0), number(0), seconds)
    return node


def calendar(node: exp.Expr) -> exp.Expr:
    """The day of the week counts from Monday, 1; the week of a year is ISO's; what a time is cut to has no zone."""
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        if isinstance(node.parent, exp.Cast):
            return node
        return exp.Cast(this=node.copy(), to=exp.DataType.build("timestampntz"))
    if isinstance(node, exp.DayOfWeekIso):
        return exp.paren(exp.Add(this=call("weekday", node.this), expression=number(1)), copy=False)
    if isinstance(node, exp.TimeToStr) and node.text("format") == "%G-W%V":
        year = exp.cast(exp.Extract(this=exp.var("yearofweek"), expression=node.this.copy()), "string")
        week = call(
            "lpad", exp.cast(call("weekofyear", node.this.copy()), "string"), number(2), exp.Literal.string("0")
        )
        return call("concat", year, exp.Literal.string("-W"), week)
    return node


def aggregates(node: exp.Expr) -> exp.Expr:
    """Any value is one that is there; a quantile is one between values, or one of them."""
    if isinstance(node, exp.AnyValue):
        return call("any_value", node.this, exp.true())
    if isinstance(node, exp.PercentileCont) and node.expression:
        return call("percentile", node.this, node.expression)
    if isinstance(node, exp.PercentileDisc) and node.expression:
        order = exp.Order(expressions=[exp.Ordered(this=node.this)])
        return exp.WithinGroup(this=call("percentile_disc", node.expression), expression=order)
    return node


def groupings(node: exp.Expr) -> exp.Expr:
    """Which of several keys a row is not grouped by, as bits."""
    if isinstance(node, exp.Grouping) and len(node.expressions) > 1:
        parts = [
            exp.Mul(this=call("grouping", key), expression=number(1 << place))
            for place, key in enumerate(reversed(node.expressions))
        ]
        whole: exp.Expr = parts[0]
        for part in parts[1:]:
            whole = exp.Add(this=whole, expression=part)
        return exp.paren(whole, copy=False)
    return node


def stars(node: exp.Expr) -> exp.Expr:
    """All columns but some, and some under other expressions."""
    if isinstance(node, exp.Select):
        made: list[exp.Expr] = []
        for one in node.expressions:
            star = one if isinstance(one, exp.Star) else one.this if isinstance(one, exp.Column) else None
            replaced = star.args.get("replace") if isinstance(star, exp.Star) else None
            made.append(one)
            if isinstance(star, exp.Star) and replaced:
                without = [
                    *(star.args.get("except_") or star.args.get("except") or []),
                    *(exp.column(it.alias) for it in replaced),
                ]
                star.set("replace", None)
                star.set("except_", without)
                made += replaced
        node.set("expressions", made)
    return node


def numbered_items(node: exp.Expr) -> exp.Expr:
    """The items of a list in rows of their own, each with its place: one function gives both columns."""
    if not isinstance(node, exp.Select):
        return node
    named = [one for one in node.expressions if isinstance(one, exp.Alias)]
    places = next((one for one in named if _is_call(one.this, "generate_subscripts")), None)
    items = next((one for one in named if isinstance(one.this, exp.Explode)), None)
    if places is None or items is None:
        return node
    row = f"struct(one as {items.alias}, cast(place + 1 as bigint) as {places.alias})"
    both = _over(f"inline(transform(x, (one, place) -> {row}))", items.this.this)
    node.set("expressions", [*(one for one in node.expressions if one not in (items, places)), both])
    return node


def rows_in_lists(node: exp.Expr) -> exp.Expr:
    """Whether several values together are a row of a query's, which gives them as columns."""
    if isinstance(node, exp.In) and isinstance(node.this, exp.Tuple) and (query := node.args.get("query")):
        select = query.this if isinstance(query, exp.Subquery) else query
        if isinstance(select, exp.Select) and isinstance(select.expressions[0], exp.Tuple):
            select.set("expressions", select.expressions[0].expressions)
    return node


RULES: tuple[Rule, ...] = (
    numbered_items, rows_in_lists, fractions, elements, sorted_lists, sums_of_lists, ranges, hashes, whole_matches,
    positions, templates, moments, lengths_of_time, calendar, aggregates, groupings, stars, whole_numbers,
)  # fmt: skip
"""In the order in which they are applied, each to the whole statement."""

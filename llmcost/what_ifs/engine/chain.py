"""The traffic at each point of a stack, priced: relations `stage_0`, `stage_1` … and their costs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.reports import spend
from llmcost.reports.scope import Row, Scope
from llmcost.what_ifs.engine import bootstrap
from llmcost.what_ifs.engine.step import WhatIf, replayed, run


@dataclass(frozen=True)
class Traffic:
    """The covered requests, as the relation `stage_0`, and what they cost, as `cost_0`."""

    store: Store
    requests: int
    unpriced: int
    dimensions: tuple[str, ...]
    blocks: str | None  # what the traffic falls into: days or sessions; None where there are too few

    @property
    def is_priced(self) -> bool:
        """Whether any request has a price: else nothing can be said in dollars."""
        return self.unpriced < self.requests

    @classmethod
    def of(cls, store: Store, covered: Scope, dimensions: Sequence[str]) -> "Traffic":
        """The covered requests. Raises LlmcostError where there are none."""
        if covered.is_whole:
            store.keep_whole("stage_0", covered.relation)
        else:
            store.keep("stage_0", compose(covered.steps(), "select * from requests"), covered.parameters())
        [counted] = store.rows(f"select coalesce(sum(calls), 0) as requests, {bootstrap.COUNTED} from stage_0")
        if counted["requests"] == 0:
            raise LlmcostError("there are no requests to replay", hint="check --since and --until, or ingest some logs")
        blocks = bootstrap.blocks(counted)
        bare = cls(store, int(counted["requests"]), 0, tuple(dimensions), blocks)
        bare.price("cost_0", [("requests", "select * from stage_0")], keyed=True)
        unpriced = int(store.value("select coalesce(sum(calls), 0) from cost_0 where cost_usd is null"))
        return cls(store, bare.requests, unpriced, bare.dimensions, blocks)

    def price(
        self,
        cost: str,
        requests: Sequence[Relation],
        values: Mapping[str, registry.Value] | None = None,
        *,
        keyed: bool = False,
    ) -> None:
        """Makes `cost` out of the last of these relations: each request with the logged one that it serves, its
        calls, model, cost, block and, where asked for, its key."""
        key, parameters = spend.key(self.dimensions if keyed else ())
        block = bootstrap.block(self.blocks)
        body = (
            "select request_id, coalesce(added_to, request_id) as logged_id, calls, model, cost_usd,"
            f" {block} as block, {key} as key from priced"
        )
        self.store.keep(cost, compose(priced(*requests), body), {**(values or {}), **parameters})

    def cost_usd(self, cost: str) -> float:
        """The sum over the requests that have a price in the log, and those a what-if added, in US dollars."""
        found = self.store.value(
            f"select coalesce(sum(cost_usd::decimal(38, 15)), 0)::double from {self._counted(cost)}"
        )
        return float(found)

    def by_block(self, cost: str) -> dict[str | None, float]:
        """The same sum for each day or session; under None, of what belongs to none."""
        rows = self.store.rows(
            f"select block, coalesce(sum(cost_usd::decimal(38, 15)), 0)::double as cost_usd from {self._counted(cost)}"
            " group by block order by block"
        )
        return {row["block"]: row["cost_usd"] for row in rows}

    def by_kind(self, stage: str) -> Row:
        """The same sum of what comes out of a stage, by what is paid for."""
        without = f"where coalesce(added_to, request_id) not in ({_UNPRICED})" if self.unpriced else ""
        counted = ("requests", f"select * from {stage} {without}")
        [row] = self.store.rows(compose(priced(counted), registry.find("spend", "kinds").body))
        return row

    def between(self, before: str, after: str, report: str) -> list[Row]:
        """A report over two relations of costs, named `before` and `after`."""
        query = registry.find("savings", report)
        return self.store.rows(compose(_change(self._counted(before), after), query.body), query.bind({}))

    def as_counted(self, stage: str, made: str) -> str:
        """The relation whose cost is what `cost_usd` says of the stage, made under that name if it is another one.

        A request whose cost in the log is unknown is there as it was logged: its cost is unknown after, too.
        """
        if not self.unpriced:
            return stage
        self.store.keep(
            made,
            f"select * from {stage} where coalesce(added_to, request_id) not in ({_UNPRICED})"
            f" union all by name select * from stage_0 where request_id in ({_UNPRICED})",
        )
        return made

    def _counted(self, cost: str) -> str:
        """SQL: the costs without the requests whose cost in the log is unknown: it is unknown after, too."""
        without = f"where logged_id not in ({_UNPRICED})"
        return f"(select * from {cost} {without if self.unpriced else ''}) as counted"


_UNPRICED = "select request_id from cost_0 where cost_usd is null"


def _change(before: str, after: str) -> list[Relation]:
    """Two relations under the names that a report on a change reads."""
    return [("before", f"select * from {before}"), ("after", f"select * from {after}")]


@dataclass
class Point:
    """What the traffic costs after a step, and what is known of the step."""

    cost_usd: float = 0.0
    blocks: dict[str | None, float] = field(default_factory=dict)  # the cost of each day or session
    summary: Row | None = None  # what a kernel says of its replay as a whole
    worsened: int = 0  # answers of a model that the step's outcomes file does not say to be as good as the one before
    failure: LlmcostError | None = None  # why the step could not be projected

    @contextmanager
    def projecting(self) -> Iterator[None]:
        """Notes why the step could not be projected, where the block says so; a mistake of the user's is raised."""
        try:
            yield
        except UsageError:
            raise
        except LlmcostError as error:
            self.failure = error


class Chain:
    """Steps run one after the other over the same traffic, under its own name.

    Steps that a chain has in common with the start of another one are not run again.
    """

    def __init__(self, traffic: Traffic, name: str, *, after: "Chain | None" = None) -> None:
        self.traffic = traffic
        self.name = name
        self.steps: list[WhatIf] = list(after.steps) if after else []
        self.points: list[Point] = list(after.points) if after else []
        self._stages: list[str] = list(after._stages) if after else ["stage_0"]
        self._costs: list[str] = list(after._costs) if after else ["cost_0"]

    @property
    def stage(self) -> str:
        """The relation that the last step made."""
        return self._stages[-1]

    def add(self, step: WhatIf) -> Point:
        """Runs one more step and prices what comes out of it."""
        number = len(self.steps) + 1
        stage, cost = f"{self.name}stage_{number}", f"{self.name}cost_{number}"
        point = self._run(step, stage)
        self.traffic.price(cost, [("requests", f"select * from {stage}")])
        self._stages.append(stage)
        return self._add(step, cost, point)

    def end(self, step: WhatIf) -> Point:
        """The same for a step after which there is none and of which nobody asks anything but the costs: the requests
        that come out of it are not kept, and only what decides their cost is worked out."""
        cost = f"{self.name}cost_{len(self.steps) + 1}"
        point = Point()
        with point.projecting(), replayed(self.traffic.store, step, self._stages[-1]) as after:
            self.traffic.price(cost, after.requests, after.values)
        if point.failure:
            self.traffic.price(cost, [("requests", f"select * from {self._stages[-1]}")])
        return self._add(step, cost, point)

    def _add(self, step: WhatIf, cost: str, point: Point) -> Point:
        self.steps.append(step)
        self._costs.append(cost)
        point.cost_usd = self.traffic.cost_usd(cost)
        point.blocks = self.traffic.by_block(cost) if self.traffic.blocks else {}
        self.points.append(point)
        return point

    def _run(self, step: WhatIf, stage: str) -> Point:
        """Makes the relation `stage`. A step that cannot be projected leaves the traffic as it is."""
        point = Point()
        with point.projecting():
            summary = run(self.traffic.store, step, self._stages[-1], stage)
            if report := step.query.field("summary"):
                summary = next(iter(self._told(report, self._stages[-1], stage, step.values)), None)
            point.worsened = self._worsened(step, stage)
            point.summary = summary
        if point.failure:
            self.traffic.store.keep(stage, f"select * from {self._stages[-1]}")
        return point

    def _worsened(self, step: WhatIf, stage: str) -> int:
        """What `Point.worsened` says, while the outcomes that the step was run with are those of the store."""
        if step.values.get("outcomes") is None:
            return 0
        [row] = self._told("worsened", self._stages[-1], stage)
        return int(row["answers_not_known_to_be_as_good"])

    def until(self, number: int) -> "Chain":
        """The chain's first steps, to go on from in another way."""
        made = Chain(self.traffic, self.name)
        made.steps, made.points = self.steps[:number], self.points[:number]
        made._stages, made._costs = self._stages[: number + 1], self._costs[: number + 1]
        return made

    def before(self, number: int) -> str:
        """The relation that a step, counted from 1, reads."""
        return self._stages[number - 1]

    def after(self, number: int) -> str:
        """The relation that a step, counted from 1, makes."""
        return self._stages[number]

    def moves(self, number: int) -> list[Row]:
        """The requests that a step, counted from 1, sends to another model."""
        return self.traffic.between(self._costs[number - 1], self._costs[number], "moves")

    def costs_by_kind(self, number: int) -> dict[str, float]:
        """By how much a step, counted from 1, raises what is paid for each kind of thing, in US dollars."""
        before, after = (self.traffic.by_kind(self._stages[place]) for place in (number - 1, number))
        return {name: after[name] - before[name] for name in after}

    def effects(self, number: int) -> Row:
        """What a step does to the billed tokens and the answers."""
        [row] = self._told("effects", self._stages[number - 1], self._stages[number])
        return row

    def recached(self, number: int) -> list[Row]:
        """The prompts whose prompt cache a step, counted from 1, changes, and in how many requests."""
        return self._told("recached", self._stages[number - 1], self._stages[number])

    def cut_short(self, number: int) -> list[Row]:
        """The features whose answers a step cuts short, and how many; the fewest of countless features are one row."""
        values = registry.find("changes", "cut-short").bind({})
        rows = self._told("cut-short", self._stages[number - 1], self._stages[number], values)
        for row in rows:
            if others := row.pop("others"):
                row["feature"] = spend.called(others)
        return rows

    def answers(self) -> Row:
        """How much later the chain's answers come than the logged ones, and how many may be others."""
        [row] = self._told("answers", "stage_0", self.stage)
        return row

    def _told(
        self, report: str, before: str, after: str, values: Mapping[str, registry.Value] | None = None
    ) -> list[Row]:
        """A report over two relations of requests."""
        return self.traffic.store.rows(compose(_change(before, after), registry.find("changes", report).body), values)

    def savings(self) -> list[Row]:
        """What the chain saves by the traffic's dimensions; the cheapest of countless values are one row."""
        if not self.traffic.dimensions:
            return []
        rows = self.traffic.between("cost_0", self._costs[-1], "savings")
        named = [spend.unkeyed(row, self.traffic.dimensions) for row in rows]
        return [{name: value for name, value in row.items() if name != "others"} for row in named]

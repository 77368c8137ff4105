"""Whether a mapping of `llmcost.toml` is right for the logs that it claims: what their lines say of it."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from llmcost import config
from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import formats, mappings, staging
from llmcost.ingest.detect import Detection, look


def refuse(store: Store, logs: Iterable[Detection], values: Mapping[str, registry.Value]) -> None:
    """Raises LlmcostError where a mapping cannot be right for most of the first lines that it reads of a log."""
    own = formats.own()
    for detection in logs:
        for name in own.keys() & {*detection.formats}:
            batches = look(detection)
            if not batches:
                continue
            with store.relation("sample", pa.Table.from_batches(batches)):
                found = store.rows(
                    f"select reason, min(line_no) as line_no, count(*) * 2 >= sum(count(*)) over () as is_most"
                    f" from ({staging.read_as(name, 'sample')}) where claimed group by reason",
                    values,
                )
            for row in found:
                if row["is_most"] and row["reason"] in mappings.REFUSALS.values():
                    raise LlmcostError(
                        f"{config.path()}: formats.{name} is wrong: {row['reason']}"
                        f" ({detection.source.path}, line {row['line_no']})",
                        hint="see what a mapping accepts in docs/logs.md",
                    )


def fields_found(store: Store) -> dict[str, int]:
    """For each mapped format in `staged`, which of its fields some line had, as bits."""
    rows = store.rows(
        "select format, bit_or(mapped_fields) as found from staged"
        " where mapped_fields is not null and carries_call group by format order by format"
    )
    return {row["format"]: row["found"] for row in rows}


def empty(found: Mapping[str, int]) -> dict[str, list[str]]:
    """The fields of each mapping that were empty in every line, those that have any."""
    own = formats.own()
    fields = {
        name: [field for bit, field in enumerate(own[name].fields["mapped"]) if not bits >> bit & 1]
        for name, bits in found.items()
    }
    return {name: names for name, names in fields.items() if names}

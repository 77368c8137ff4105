"""self-hosted: which requests your own machines would have served, how fast, and what each costs.

The work is done in `llmcost.self_hosting`; here its words are those of the command line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from llmcost.errors import UsageError
from llmcost.self_hosting import calibrations, catalogue, summary
from llmcost.self_hosting.around import Around
from llmcost.self_hosting.catalogue import Catalogue, Instance
from llmcost.self_hosting.fleet import Target
from llmcost.self_hosting.hosting import Schedule
from llmcost.self_hosting.plan import Options, make
from llmcost.self_hosting.traffic import COLUMNS, Selection, select
from llmcost.what_ifs.kernels.kernel import Kernel, Replayed, batches


class SelfHosted:
    """Machines that all requests share."""

    columns = (
        *COLUMNS,
        "list_transform(prefix, lambda block: {'hash': hash(block.hash), 'tokens': block.tokens}) as prefix",
    )
    rows = "is_named(feature, $features) and is_named(task_type, $task_types) and is_named(model, $from_models)"
    partition = ()
    is_streamed = True
    measured: ClassVar[Mapping[str, str]] = {}
    decisions: ClassVar[Mapping[str, str]] = {
        "request_id": "varchar", "hosted_model": "varchar", "hosted_input_tokens": "bigint",
        "hosted_cache_read_tokens": "bigint", "hosted_output_tokens": "bigint", "hosted_ttft_ms": "double",
        "hosted_latency_ms": "double", "hosted_cost_usd": "double",
    }  # fmt: skip

    def is_apart(self, given: Mapping[str, Any]) -> bool:
        return False

    def replay(self, requests: pa.Table | pa.RecordBatchReader, **params: Any) -> Replayed[dict[str, Any]]:
        """One row for each hosted request, with its time and cost there; those that stay on the API have none.

        Raises LlmcostError: unknown names, a model that does not fit, a missing price, a target out of reach.
        """
        known = catalogue.load()
        names: list[pa.Array] = []

        def read() -> Iterator[pa.Table]:
            for some in batches(requests):
                names.extend(some["request_id"].chunks)
                yield some

        traffic, rows = select(read(), selection(params))
        plan = make(traffic, options(known, params), known, calibrations.load())
        traffic = replace(traffic, prefixes=None).take(plan.served)
        cached = plan.cached_tokens[plan.served].astype(np.int64)
        decided = pa.table(
            {
                "request_id": pa.chunked_array(names, pa.string()).take(pa.array(rows[plan.served])),
                "hosted_model": pa.repeat(plan.fit.model.name, len(traffic)),
                "hosted_input_tokens": traffic.prompt_tokens - cached,
                "hosted_cache_read_tokens": cached,
                "hosted_output_tokens": traffic.output_tokens,
                "hosted_ttft_ms": plan.ttft_s[plan.served] * 1e3,
                "hosted_latency_ms": plan.e2e_s[plan.served] * 1e3,
                "hosted_cost_usd": plan.cost_usd[plan.served],
            }
        )
        return Replayed(decided, summary.of(plan))

    def summary(self, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
        [plan] = parts
        return plan


KERNEL: Kernel[dict[str, Any]] = SelfHosted()


def selection(params: Mapping[str, Any]) -> Selection:
    """Which of the rows are to be hosted, and as what, by the what-if's parameters."""
    return Selection(
        max_complexity=params["max_complexity"],
        tokenizer_ratio=params["tokenizer_ratio"],
        prefix_hit_rate=params["prefix_hit_rate"],
        waiting=None if params["waiting"] is None else tuple(params["waiting"]),
    )


def options(known: Catalogue, params: Mapping[str, Any]) -> Options:
    """On what, and how, by the what-if's parameters."""
    return Options(
        instance=_instance(known, params["instance"], params["gpu"]),
        model=params["model"],
        quantization=params["quantization"] or "none",
        machines=_count(params["count"]),
        spare=params["spare"],
        around=Around(
            storage_usd=params["storage_usd_month"],
            network_usd=params["network_usd_month"],
            engineers=params["engineers"],
            engineer_usd=params["engineer_usd_month"],
            setup_usd=params["setup_usd"],
            setup_months=params["setup_months"],
            extra_usd=params["extra_usd_month"],
        ),
        price=params["price"],
        region=params["region"],
        priced_on=None if params["priced_on"] is None else date.fromisoformat(params["priced_on"]),
        usd_per_hour=params["usd_per_hour"],
        schedule=Schedule(
            hours=params["hours"],
            office_from=params["office_from"],
            office_to=params["office_to"],
            cold_start_s=params["cold_start_s"],
            idle_minutes=params["idle_minutes"],
        ),
        interruptions_per_month=params["interruptions_month"],
        target=Target(params["ttft_ms"], params["tpot_ms"], params["within"]),
        wait_s=params["can_wait_hours"] * 3600,
        max_context=params["max_context"],
        max_waiting=params["max_waiting"],
        vllm=params["vllm"],
        max_running=params["max_num_seqs"],
        max_batched_tokens=params["max_num_batched_tokens"],
        memory_share=params["gpu_memory_utilization"],
        pace=params["pace"],
    )


def _instance(known: Catalogue, instance: str | None, gpu: str | None) -> Instance:
    """The instance named, or a machine with one GPU of the kind named."""
    if gpu is not None:
        card = known.gpu(gpu)
        return Instance(name=card.name, gpu=card.name, gpus=1)
    if instance is None:
        raise UsageError("self-hosted needs an instance or a gpu", hint=f"known: {', '.join(known.instances)}")
    return known.instance(instance)


def _count(word: str | None) -> int | None:
    if word is None or word == "auto":
        return None
    if not word.isdecimal():
        raise UsageError(f"count={word} is neither a number of machines nor auto", hint="like count=2")
    return int(word)

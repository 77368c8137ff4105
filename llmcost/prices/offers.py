"""Every provider that sells a model, by price: models are matched by their plain name, however providers spell it."""

import re
from datetime import date

from llmcost.prices.bands import Row
from llmcost.prices.names import providers
from llmcost.prices.table import expand

_BEFORE = re.compile(
    r"^(.*/|(global|regional|us|eu|apac)\.)*(ai21|amazon|anthropic|cohere|deepseek|google|meta|mistral|openai|qwen)\.(?=[a-z])"
    r"|^.*/|^open-(?=mi[sx]tral)|^meta-(?=llama)"
)
_BEHIND = re.compile(
    r"(:[a-z0-9]+|-(instruct(-turbo|-lite)?|chat(-hf)?|it|hf|fp8|maas|latest|v\d+([.-]\d+)?|20\d{2}-?\d{2}-?\d{2}"
    r"|2[3-9](0[1-9]|1[0-2])))$"
)
_JOINED = re.compile(r"^(llama|qwen|gemma|phi)-?v?(\d)")


def plain(model: str) -> str:
    """What is left of a model's name without its gateway, maker, variant and date: llama-3-1-8b for
    meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo."""
    name = model.strip().lower()
    for pattern in (_BEFORE, _BEHIND):
        while (shorter := pattern.sub("", name)) not in (name, ""):
            name = shorter
    return _JOINED.sub(r"\1-\2", re.sub(r"[._]", "-", name))


def offers(model: str, on: date) -> list[Row]:
    """The providers of a model, cheapest first, with their standard prices of a day for a short prompt.

    `blended_usd_mtok` orders them: three tokens of input to one of output.
    """
    found: list[Row] = []
    for provider, name in _by_plain_name().get(plain(model), ()):
        _, rows = expand([(provider, name)])
        now = [row for row in rows if row["service_tier"] == "standard" and row["prompt_min"] == 0
               and row["valid_from"] <= on and (row["valid_to"] is None or on < row["valid_to"])]  # fmt: skip
        if now:
            cheapest = min(now, key=lambda row: float(row["input_usd_mtok"]))
            prices = {column: cheapest[column] for column in ("input_usd_mtok", "cache_read_usd_mtok",
                                                              "output_usd_mtok")}  # fmt: skip
            blended = (3 * prices["input_usd_mtok"] + prices["output_usd_mtok"]) / 4
            found.append({"provider": provider, "model": name, **prices, "blended_usd_mtok": blended,
                          "source": cheapest["source"]})  # fmt: skip
    return sorted(found, key=lambda row: (row["blended_usd_mtok"], row["provider"], row["model"]))


def _by_plain_name() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for provider in providers().values():
        for model in provider.models:
            if model.id.endswith(":batch"):  # a tier under its own name
                continue
            found.setdefault(plain(model.id), []).append((provider.id, model.id))
    return found

"""A simulation as a plan in Markdown: what to do in which order, what it brings, at which risk, with which setting."""

from collections.abc import Callable
from typing import Any

from llmcost.render import cells, text
from llmcost.views import cache_advice
from llmcost.views.projection import between
from llmcost.what_ifs.projection import Projection, Stage

_PROMPTS = 20
_MOVES = 12


def markdown(projection: Projection) -> str:
    """What saves first what leaves answers as they are, then the rest by its saving; what saves nothing is left out."""
    worth = [stage for stage in projection.stages if stage.saved_usd > 0]
    if not projection.is_priced or not worth:
        return "# Plan\n\nNothing here would have saved anything.\n"
    worth.sort(key=lambda stage: (bool(stage.changes_answers), -stage.saved_usd))
    left = [stage for stage in projection.stages if stage.saved_usd <= 0]
    saved = projection.baseline_usd - projection.cost_usd
    parts = [
        "# Plan\n",
        f"{cells.counted(projection.requests, 'request')} cost {cells.usd(projection.baseline_usd)}. These steps"
        f" together would have saved {cells.usd(saved)} ({between(projection.range)}), of which"
        f" {cells.usd(projection.unchanged_usd)} leaves the answers as they are.\n",
        *(_step(number, stage) for number, stage in enumerate(worth, start=1)),
    ]
    if left:
        parts.append("## Leave out\n")
        parts += [f"- {_as_simulated(stage)}: saves nothing ({cells.usd(stage.saved_usd)})" for stage in left]
        parts.append("")
    parts += [
        "## Afterwards\n",
        "Save the simulation before the change (`llmcost simulate … --save NAME`), and hold the log against it some"
        " days later: `llmcost verify NAME --since DATE`.\n",
    ]
    if notes := dict.fromkeys([*projection.notes, *projection.assumptions]):
        parts.append("## What the numbers rest on\n")
        parts += [f"- {text.as_sentence(note)}" for note in notes]
        parts.append("")
    return "\n".join(parts)


def _step(number: int, stage: Stage) -> str:
    share = "" if stage.saved_share is None else f", {cells.share(stage.saved_share)} of the bill"
    upto = "up to " if stage.is_upper_bound else ""
    risk = stage.changes_answers or "answers stay as they are"
    setting = _SETTINGS.get(stage.what_if.query.name, _parameters)(stage)
    return "\n".join(
        [
            f"## {number}. {stage.what_if.query.name}: {upto}{cells.usd(stage.saved_usd)}{share}\n",
            f"- range: {between(stage.range)}",
            f"- risk: {text.as_sentence(risk)}",
            f"- as simulated: {_as_simulated(stage)}\n",
            setting,
        ]
    )


def _as_simulated(stage: Stage) -> str:
    return f"`{text.visible(stage.what_if.word)}`"


def _caching(stage: Stage) -> str:
    """Each setting once, as JSON to send, with the prompts that it is for: those whose cache is not as it should be."""
    worth = [row for row in stage.prompts if row["setting"] and row["changed_requests"]]
    if not worth:
        kept = "the provider caches by itself, or as the log has it"
        return f"No prompt needs another setting: {kept}. {_parameters(stage)}"
    parts = [
        "\n".join([f"Send this {put_at}:\n", "```json", setting, "```\n", *map(_cached, own), ""])
        for (setting, put_at), own in cache_advice.by_setting(worth[:_PROMPTS]).items()
    ]
    if len(worth) > _PROMPTS:
        parts.append(f"And {cells.counted(len(worth) - _PROMPTS, 'more prompt')}: `--format json` has all.\n")
    return "\n".join(parts)


def _cached(row: dict[str, Any]) -> str:
    name = f"{text.as_sentence(row['prompt'])} on {text.as_sentence(row['model'])}"
    return f"- {name}: {cells.usd(row['saved_usd']).plain} less than without a cache"


def _swapping(stage: Stage) -> str:
    """Which models are replaced, and LiteLLM's setting for it."""
    aliases = "".join(f"    {_quoted(row['from_model'])}: {_quoted(row['to_model'])}\n" for row in stage.moves[:_MOVES])
    return f"{_moves(stage)}\nIn LiteLLM:\n\n```yaml\nrouter_settings:\n  model_group_alias:\n{aliases}```\n"


def _routing(stage: Stage) -> str:
    """Which requests move where. Which of them is the rule's to say, and no router's setting."""
    return f"{_moves(stage)}\nYour program chooses by the rule of the parameters above, before it asks.\n"


def _moves(stage: Stage) -> str:
    rows = [
        {
            "from": row["from_model"],
            "to": row["to_model"],
            "requests": row["requests"],
            "saves": cells.usd(row["saved_usd"]).plain,
        }
        for row in stage.moves[:_MOVES]
    ]
    return text.as_markdown(rows, ["from", "to", "requests", "saves"])


def _quoted(name: str) -> str:
    """A name from a log in YAML: JSON is YAML."""
    return text.as_json(name).strip()


def _batch(stage: Stage) -> str:
    """How such requests are sent."""
    return (
        "Collect the requests that can wait and send them as a batch:\n\n"
        "```python\n"
        'anthropic.Anthropic().messages.batches.create(requests=[{"custom_id": id, "params": request}, …])\n'
        "openai.OpenAI().batches.create(\n"
        '    input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"\n'
        ")\n"
        "```\n"
    )


def _lives(stage: Stage) -> str:
    """Whose caches get which life, and where clients set it."""
    chosen = "".join(f"- {text.as_sentence(note)}\n" for note in (stage.summary or {}).get("notes", []))
    return (
        f"{chosen}\nA program sends the life with its breakpoints, as in"
        ' `"cache_control": {"type": "ephemeral", "ttl": "1h"}`; Claude Code has the settings `promptCacheTtl` and'
        " `subagentPromptCacheTtl`.\n"
    )


def _parameters(stage: Stage) -> str:
    return "Its parameters, above, are the setting.\n"


_SETTINGS: dict[str, Callable[[Stage], str]] = {
    "cache-lives": _lives,
    "prompt-caching": _caching,
    "routing": _routing,
    "model-swap": _swapping,
    "batch-api": _batch,
}
"""What to set, by technique; of the others the parameters say it."""

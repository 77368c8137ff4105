"""The sample logs: reproducible, true to their own account, and telling the story that their README promises."""

import ast
import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from sample_logs import generate
from sample_logs.generator import figures
from sample_logs.generator.days import FIRST_DAY, LAST_DAY, RUNAWAY_DAY
from sample_logs.generator.prompts import Block, CacheRule, PromptCache, prefixes

SAMPLES = Path(generate.__file__).parent
MAX_BYTES = 6_000_000
"""What a clone may have to carry."""

Line = dict[str, Any]


def log_paths(folder: Path) -> list[Path]:
    return sorted(path for name in generate.WRITERS for path in (folder / name).rglob("*.*"))


def log_files(folder: Path) -> dict[str, str]:
    """Every log and its text. A compressed one is compared by what it holds: zlib's versions pack differently."""
    files = {}
    for path in log_paths(folder):
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        files[path.relative_to(folder).as_posix()] = text.decode()
    return files


def parsed(folder: str) -> Iterator[Line | None]:
    """The folder's lines; None for what is no JSON."""
    for name, text in log_files(SAMPLES).items():
        if name.startswith(f"{folder}/"):
            for line in text.splitlines():
                try:
                    yield json.loads(line)
                except ValueError:
                    yield None


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    text = (SAMPLES / "expected.json").read_text(encoding="utf-8")
    folders: dict[str, Any] = json.loads(text)["folders"]
    return folders


@pytest.fixture(scope="module")
def requests() -> list[Line]:
    """llmcost's own log, each call once."""
    calls = {line["request_id"]: line for line in parsed("llmcost") if line}
    return list(calls.values())


# --- the files ----------------------------------------------------------------------------------------


def test_the_generator_writes_the_same_text_again(tmp_path: Path) -> None:
    generate.generate(tmp_path)
    assert log_files(tmp_path) == log_files(SAMPLES)
    assert (tmp_path / "expected.json").read_bytes() == (SAMPLES / "expected.json").read_bytes()


def test_a_compressed_log_carries_no_time_and_no_name() -> None:
    archived = list(SAMPLES.glob("*/**/*.gz"))
    assert len(archived) == 2
    for path in archived:
        header = path.read_bytes()[:10]
        assert header[3] == 0, "flags: no name in the header"
        assert header[4:8] == bytes(4), "no time in the header"


def test_the_generator_needs_nothing_but_python() -> None:
    for source in SAMPLES.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] in {*sys.stdlib_module_names, "sample_logs"}, f"{source.name}: {name}"


def test_a_clone_stays_small() -> None:
    assert sum(path.stat().st_size for path in log_paths(SAMPLES)) < MAX_BYTES


# --- the account --------------------------------------------------------------------------------------


def read_llmcost(line: Line) -> tuple[str, Counter[str]]:
    names = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
    return line["request_id"], Counter({name: line.get(f"{name}_tokens", 0) for name in names})


def read_anthropic_usage(usage: Line) -> Counter[str]:
    split = usage.get("cache_creation") or {"ephemeral_5m_input_tokens": usage["cache_creation_input_tokens"]}
    return Counter(
        input=usage["input_tokens"],
        cache_read=usage["cache_read_input_tokens"],
        cache_write_5m=split["ephemeral_5m_input_tokens"],
        cache_write_1h=split.get("ephemeral_1h_input_tokens", 0),
        output=usage["output_tokens"],
        reasoning=usage.get("output_tokens_details", {}).get("thinking_tokens", 0),
        web_searches=usage.get("server_tool_use", {}).get("web_search_requests", 0),
    )


def read_claude_code(line: Line) -> tuple[str, Counter[str]] | None:
    message = line.get("message") or line.get("data", {}).get("message", {}).get("message", {})
    if "usage" not in message or message["model"] == "<synthetic>":
        return None
    return message["id"], read_anthropic_usage(message["usage"])


def read_anthropic(line: Line) -> tuple[str, Counter[str]] | None:
    answer = line.get("response", line)
    return (answer["id"], read_anthropic_usage(answer["usage"])) if "usage" in answer else None


def read_openai(line: Line) -> tuple[str, Counter[str]] | None:
    answer = line.get("response", line)
    if "usage" not in answer:
        return None
    usage = answer["usage"]
    details = usage.get("prompt_tokens_details", {})
    read = details.get("cached_tokens", usage.get("num_cached_tokens", 0))
    written = details.get("cache_write_tokens", 0)
    return answer["id"], Counter(
        input=usage["prompt_tokens"] - read - written,
        cache_read=read,
        cache_write_5m=written,
        output=usage["total_tokens"] - usage["prompt_tokens"],
        reasoning=usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0),
    )


def read_litellm(line: Line) -> tuple[str, Counter[str]]:
    usage = line["metadata"]["usage_object"]
    if usage is None or line["cache_hit"]:
        return line["id"], Counter()
    read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
    return line["id"], Counter(
        input=line["prompt_tokens"] - read - written,
        cache_read=read,
        cache_write_5m=written,
        output=line["completion_tokens"],
    )


def read_aider(line: Line) -> tuple[str, Counter[str]] | None:
    if line["event"] != "message_send":
        return None
    counts = line["properties"]
    return json.dumps(line), Counter(input=counts["prompt_tokens"], output=counts["completion_tokens"])


READERS = {
    "llmcost": read_llmcost,
    "claude_code": read_claude_code,
    "litellm": read_litellm,
    "anthropic": read_anthropic,
    "openai": read_openai,
    "aider": read_aider,
}


@pytest.mark.parametrize("folder", READERS)
def test_expected_is_what_a_plain_reading_finds(folder: str, expected: dict[str, Any]) -> None:
    """The formats without a reader here hold their account against ingestion: tests/formats."""
    lines = list(parsed(folder))
    read = [READERS[folder](line) for line in lines if line]
    calls: dict[str, Counter[str]] = {}
    for key, tokens in filter(None, read):
        calls[key] = max(calls.get(key, tokens), tokens, key=lambda copy: copy["output"])
    truth = expected[folder]
    assert truth["lines"] == len(lines)
    assert truth["malformed_lines"] == lines.count(None)
    assert truth["lines_without_a_call"] == read.count(None)
    assert truth["calls"] == len(calls)
    assert truth["duplicate_lines"] == len(read) - read.count(None) - len(calls)
    total = sum(calls.values(), Counter[str]())
    assert truth["tokens"] == {name: total[name] for name in truth["tokens"]}


@pytest.mark.parametrize("folder", generate.WRITERS)
def test_the_four_kinds_of_lines_add_up(folder: str, expected: dict[str, Any]) -> None:
    truth = expected[folder]
    kinds = ("calls", "duplicate_lines", "lines_without_a_call", "malformed_lines")
    assert truth["lines"] == sum(truth[kind] for kind in kinds)


def test_special_calls_are_counted(expected: dict[str, Any], requests: list[Line]) -> None:
    assert expected["llmcost"]["failed_calls"] == sum(line.get("status") == "error" for line in requests)
    assert expected["llmcost"]["unpriced_calls"] == sum(line["provider"] == "in-house" for line in requests)
    failures = [line for line in parsed("litellm") if line and line["status"] == "failure"]
    assert expected["litellm"]["failed_calls"] == len(failures) > 0
    most: dict[str, int] = {}
    for line in filter(None, parsed("claude_code")):
        call = read_claude_code(line)
        if call:
            most[call[0]] = max(most.get(call[0], 0), call[1]["output"])
    assert expected["claude_code"]["partial_calls"] == sum(output <= 10 for output in most.values()) > 0


# --- llmcost's own log ----------------------------------------------------------------------------------


def test_the_billed_prompt_is_the_longest_prefix(requests: list[Line]) -> None:
    buckets = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
    for line in requests:
        billed = sum(line.get(bucket, 0) for bucket in buckets)
        assert billed == (line["prefix"][-1]["tokens"] if "prefix" in line else 0)
        assert line.get("reasoning_tokens", 0) <= line["output_tokens"] <= line["max_output_tokens"]


def test_prefixes_are_cumulative_and_mean_one_text(requests: list[Line]) -> None:
    lengths: dict[str, int] = {}
    before: dict[str, str | None] = {}
    for line in requests:
        prompt = line.get("prefix", [])
        assert all(short["tokens"] < long["tokens"] for short, long in pairwise(prompt))
        for shorter, prefix in pairwise([None, *prompt]):
            assert lengths.setdefault(prefix["hash"], prefix["tokens"]) == prefix["tokens"]
            parent = shorter and shorter["hash"]
            assert before.setdefault(prefix["hash"], parent) == parent


def test_times_lie_within_the_story_and_fit_each_other(requests: list[Line]) -> None:
    for line in requests:
        assert FIRST_DAY <= date.fromisoformat(line["ts"][:10]) <= LAST_DAY
        assert line.get("ttft_ms", 0) <= line.get("latency_ms", 0)
        if line.get("latency_ms") and line["output_tokens"] > 500:
            assert line["output_tokens"] / line["latency_ms"] < 0.2, "no model writes 200 tokens a second"


def test_a_cache_is_read_once_the_answer_began_and_while_it_lives() -> None:
    cache, rule = PromptCache(), CacheRule(life_ms=1_000, min_tokens=100)
    prompt = prefixes([Block("system", 150), Block("question", 20)])

    def served(at_ms: int) -> tuple[int, int]:
        return cache.serve("model", rule, prompt, [0], at_ms, at_ms + 10)

    assert served(0) == (0, 150)
    assert served(5) == (0, 150), "the first answer has not begun"
    assert served(900) == (150, 0)
    assert served(1_800) == (150, 0), "the read before renewed its life"
    assert served(2_900) == (0, 150), "it has expired"
    assert PromptCache().serve("model", CacheRule(1_000, 151), prompt, [0], 0, 10) == (0, 0), "too short"


# --- the story ------------------------------------------------------------------------------------------


def cost_usd(line: Line) -> float:
    """By the list; the batch half is taken by hand."""
    read, short, hour = (line.get(f"cache_{kind}_tokens", 0) for kind in ("read", "write_5m", "write_1h"))
    usage = Usage(
        input_tokens=line["input_tokens"] + read + short + hour,
        cache_read_tokens=read,
        cache_write_tokens=short + hour,
        cache_write_1h_tokens=hour,
        output_tokens=line["output_tokens"],
    )
    at = datetime.fromisoformat(line["ts"])
    price = calc_price(usage, line["model"], provider_id=line["provider"], genai_request_timestamp=at)
    return float(price.total_price) / (2 if line.get("service_tier") == "batch" else 1)


@pytest.fixture(scope="module")
def spend(requests: list[Line]) -> list[tuple[Line, float]]:
    return [(line, cost_usd(line)) for line in requests if line["provider"] != "in-house"]


def by(spend: list[tuple[Line, float]], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for line, usd in spend:
        total[line["ts"][:10] if name == "day" else line.get(name, "")] += usd  # type: ignore[assignment]
    return total


def test_spend_triples_on_the_day_of_the_runaway_agent(spend: list[tuple[Line, float]]) -> None:
    days = by(spend, "day")
    runaway = days.pop(str(RUNAWAY_DAY))
    assert len(days) == 29
    assert runaway > 3 * median(days.values())
    assert runaway > 2 * max(days.values())
    worst = [(line, usd) for line, usd in spend if line["ts"].startswith(str(RUNAWAY_DAY))]
    assert by(worst, "prompt_id").most_common(1)[0][0] == "code-assist/agent-v2"


def test_a_few_prompts_make_most_of_the_bill(spend: list[tuple[Line, float]]) -> None:
    prompts = by(spend, "prompt_id")
    assert sum(usd for _, usd in prompts.most_common(4)) > 0.6 * prompts.total()
    assert by(spend, "feature").most_common(1)[0][0] == "support-chat"


def test_what_the_what_ifs_are_to_find(requests: list[Line]) -> None:
    of: dict[str, list[Line]] = defaultdict(list)
    for line in requests:
        of[line.get("feature", "")].append(line)

    assert not any("cache_read_tokens" in line for line in of["support-chat"]), "nothing cached yet"
    assert max(Counter(line["session_id"] for line in of["support-chat"]).values()) >= 5, "long conversations"
    chats = [line for line in of["code-assist"] if line["prompt_id"] == "code-assist/chat"]
    read = sum(line.get("cache_read_tokens", 0) for line in chats)
    assert read > sum(line.get("cache_write_5m_tokens", 0) for line in chats), "a cache that pays for itself"
    agents = [line for line in of["code-assist"] if line["prompt_id"] == "code-assist/agent-v2"]
    assert not any("cache_read_tokens" in line for line in agents), "and one that never does"
    assert any("cache_write_1h_tokens" in line for line in of["contract-extraction"])
    triage = of["ticket-triage"]
    assert median(line["complexity"] for line in triage) == 0
    assert median(line["output_tokens"] for line in triage) < 30
    assert {line["max_output_tokens"] for line in triage} == {4_096}
    repeats = Counter(line["prompt_hash"] for line in of["search-answers"])
    assert sum(count - 1 for count in repeats.values()) > 0.2 * len(of["search-answers"]), "an exact cache would hit"
    assert any(line.get("stop_reason") == "max_tokens" for line in of["doc-summaries"])
    assert {line.get("service_tier") for line in of["doc-summaries"]} == {None, "batch"}
    failed = [line for line in requests if line.get("status") == "error"]
    assert any(line["input_tokens"] for line in failed), "errors that were paid for"
    assert any(not line["input_tokens"] for line in failed), "and some that were not"
    ids = {line["request_id"] for line in requests}
    retries = [line["tags"]["retry_of"] for line in requests if "retry_of" in line["tags"]]
    assert retries
    assert sum(first in ids for first in retries) > 0.9 * len(retries)
    assert of[""], "some requests name no feature"


def test_logged_costs_follow_the_price_list() -> None:
    checked = 0
    for line in filter(None, parsed("litellm")):
        if line["response_cost"]:
            _, tokens = read_litellm(line)
            at = datetime.fromtimestamp(line["startTime"], UTC)
            checked += _costs(line["model"], line["custom_llm_provider"], tokens, at, line["response_cost"])
    for line in filter(None, parsed("aider")):
        if line["event"] == "message_send":
            provider, _, model = ("openai/" + line["properties"]["main_model"]).rpartition("/")
            provider = provider.removeprefix("openai/")
            _, tokens = read_aider(line) or ("", Counter())
            at = datetime.fromtimestamp(line["time"], UTC)
            checked += _costs(model, provider, tokens, at, line["properties"]["cost"])
    assert checked > 250


def _costs(model: str, provider: str, tokens: Counter[str], at: datetime, logged_usd: float) -> bool:
    usage = Usage(
        input_tokens=tokens["input"] + tokens["cache_read"] + tokens["cache_write_5m"],
        cache_read_tokens=tokens["cache_read"],
        cache_write_tokens=tokens["cache_write_5m"],
        output_tokens=tokens["output"],
    )
    price = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)
    assert logged_usd == pytest.approx(float(price.total_price), rel=1e-9)
    return True


# --- the figures ----------------------------------------------------------------------------------------


def quantiles(values: list[int]) -> tuple[int, ...]:
    ordered = sorted(values)
    return tuple(ordered[round(percent / 100 * (len(ordered) - 1))] for percent in figures.PROBABILITIES)


def test_figures_of_mooncake(shared_data: Path) -> None:
    text = (shared_data / "mooncake_conversation_trace.jsonl").read_text()
    trace = [json.loads(line) for line in text.splitlines()]
    assert quantiles([call["input_length"] for call in trace]) == figures.MOONCAKE_INPUT_TOKENS
    assert quantiles([call["output_length"] for call in trace]) == figures.MOONCAKE_OUTPUT_TOKENS

    conversations: list[list[Line]] = []
    at_block: dict[int, list[Line]] = {}
    for call in trace:
        known = next((at_block[block] for block in reversed(call["hash_ids"][1:]) if block in at_block), None)
        if known is None:
            known = []
            conversations.append(known)
        known.append(call)
        for block in call["hash_ids"][1:]:
            at_block.setdefault(block, known)
    turns = Counter(min(len(calls), 8) for calls in conversations)
    shares = tuple(round(1_000 * turns[length] / len(conversations)) for length in range(1, 9))
    assert shares == figures.MOONCAKE_TURNS_PERMILLE
    follow_ups = [pair for calls in conversations for pair in pairwise(calls)]
    assert round(100 * len(follow_ups) / len(trace)) == figures.MOONCAKE_FOLLOW_UP_PERCENT
    gaps = [(later["timestamp"] - earlier["timestamp"]) // 1_000 for earlier, later in follow_ups]
    assert quantiles(gaps) == figures.MOONCAKE_TURN_GAP_S
    new = [later["input_length"] - first["input_length"] - first["output_length"] for first, later in follow_ups]
    assert quantiles([tokens for tokens in new if tokens > 0]) == figures.MOONCAKE_NEW_TOKENS


def test_figures_of_azure(shared_data: Path) -> None:
    with (shared_data / "azure_llm_code_2023.csv").open(newline="") as file:
        calls = list(csv.DictReader(file))
    assert quantiles([int(call["ContextTokens"]) for call in calls]) == figures.AZURE_CONTEXT_TOKENS
    assert quantiles([int(call["GeneratedTokens"]) for call in calls]) == figures.AZURE_GENERATED_TOKENS
    times = [datetime.fromisoformat(call["TIMESTAMP"][:26]) for call in calls]
    minutes = Counter((time - times[0]) // timedelta(minutes=1) for time in times)
    mean = len(calls) / (max(minutes) + 1)
    load = [round(100 * minutes[minute] / mean) for minute in range(max(minutes) + 1)]
    assert quantiles(load) == figures.AZURE_MINUTE_LOAD_PERCENT


def test_figures_of_aider(shared_data: Path) -> None:
    calls = [json.loads(line) for line in (shared_data / "aider_message_send.jsonl").read_text().splitlines()]
    counts = [call["properties"] for call in calls]
    assert quantiles([count["prompt_tokens"] for count in counts]) == figures.AIDER_PROMPT_TOKENS
    assert quantiles([count["completion_tokens"] for count in counts]) == figures.AIDER_COMPLETION_TOKENS
    gaps = [later["time"] - earlier["time"] for earlier, later in pairwise(calls)]
    assert quantiles([gap for gap in gaps if 0 < gap < 1_800]) == figures.AIDER_GAP_S
    sessions = [1]
    for earlier, later in pairwise(calls):
        new_total = later["properties"]["total_cost"] < earlier["properties"]["total_cost"]
        if new_total or later["time"] - earlier["time"] > 7_200:
            sessions.append(0)
        sessions[-1] += 1
    assert quantiles(sessions) == figures.AIDER_SESSION_CALLS


def test_figures_of_claude_code(shared_data: Path) -> None:
    with gzip.open(shared_data / "claude_code_usage.jsonl.gz", "rt") as file:
        lines = [line for line in map(json.loads, file) if line["message"]["model"] != "<synthetic>"]
    copies = Counter(line["message"]["id"] for line in lines)
    calls: dict[str, Line] = {}
    for line in lines:
        known = calls.setdefault(line["message"]["id"], line)
        if line["message"]["usage"]["output_tokens"] > known["message"]["usage"]["output_tokens"]:
            calls[line["message"]["id"]] = line
    counted = Counter(min(count, 5) for count in copies.values())
    shares = tuple(round(1_000 * counted[count] / len(copies)) for count in range(1, 6))
    assert shares == figures.CLAUDE_CODE_LINES_PERMILLE

    def prompt(call: Line) -> int:
        usage = call["message"]["usage"]
        parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        return sum(usage.get(part) or 0 for part in parts)

    sessions: dict[str, list[Line]] = defaultdict(list)
    for call in calls.values():
        sessions[call["sessionId"]].append(call)
    for session in sessions.values():
        session.sort(key=lambda call: call["timestamp"])
    assert quantiles([prompt(session[0]) for session in sessions.values()]) == figures.CLAUDE_CODE_BASE_TOKENS
    pairs = [pair for session in sessions.values() for pair in pairwise(session)]
    grown = [prompt(later) - prompt(earlier) for earlier, later in pairs]
    assert quantiles([tokens for tokens in grown if tokens > 0]) == figures.CLAUDE_CODE_GROWTH_TOKENS
    times = [[datetime.fromisoformat(call["timestamp"]) for call in pair] for pair in pairs]
    assert quantiles([round((end - start).total_seconds()) for start, end in times]) == figures.CLAUDE_CODE_GAP_S

    text = (shared_data / "aider_message_send.jsonl").read_text()
    clocks = [
        [datetime.fromisoformat(call["timestamp"]) for call in calls.values()],
        [datetime.fromtimestamp(json.loads(line)["time"], UTC) for line in text.splitlines()],
    ]
    hours, weekdays = Counter[int](), Counter[int]()
    for clock in clocks:
        for at in clock:
            hours[at.hour] += 500 / len(clock)  # type: ignore[assignment]
            weekdays[at.weekday()] += 500 / len(clock)  # type: ignore[assignment]
    assert tuple(round(hours[hour]) for hour in range(24)) == figures.HOUR_PERMILLE
    assert tuple(round(weekdays[day]) for day in range(7)) == figures.WEEKDAY_PERMILLE


def test_figures_of_cctrace(shared_data: Path) -> None:
    output: dict[str, int] = {}
    for line in map(json.loads, (shared_data / "claude_code_session.jsonl").read_text().splitlines()):
        message = line.get("message", {})
        if "usage" in message:
            output[message["id"]] = max(output.get(message["id"], 0), message["usage"]["output_tokens"])
    assert quantiles([tokens for tokens in output.values() if tokens > 10]) == figures.CCTRACE_OUTPUT_TOKENS

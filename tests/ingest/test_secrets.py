"""Secrets: every kind by its own samples, whatever hides them, and no ordinary name among them."""

import base64
import json
import random
import re
import string
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pytest

from llmcost.attribution.texts import Texts
from llmcost.engine import access, store
from llmcost.engine.store import Store
from llmcost.ingest import chains, excerpts, run, secrets
from tests import logs
from tests.command import llmcost

ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "h": "0123456789abcdef",
    "A": string.ascii_uppercase + string.digits,
    "b": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
}
TRIES = 20
IDENTIFIERS = 10_000
KEY = "sk-ant-api03-Quokka0123456789Quokka0123456789"


def filled(sample: str, chance: random.Random) -> str:
    return re.sub(
        r"\{([ahAbd])(\d+)\}",
        lambda match: "".join(chance.choice(ALPHABETS[match[1]]) for _ in range(int(match[2]))),
        sample,
    )


@pytest.fixture(scope="module")
def rules() -> Iterator[Store]:
    with store.in_memory() as opened:
        chains.prepare(opened)
        yield opened


def redacted(rules: Store, texts: list[str]) -> list[str]:
    with rules.relation("given", pa.table({"place": range(len(texts)), "text": texts})):
        return [row["text"] for row in rules.rows("select redacted(text) as text from given order by place")]


def test_every_kind_by_its_samples(rules: Store) -> None:
    chance = random.Random(7)
    for kind in secrets.document():
        assert kind["secrets"], kind["name"]
        assert kind["ordinary"], kind["name"]
        given = [filled(sample, chance) for sample in kind["secrets"] for _ in range(TRIES)]
        for around in ("see {} now", r"see:\n{}\nnow", r"\t{}\tnow", "{}"):
            for text, shown in zip(given, redacted(rules, [around.format(text) for text in given]), strict=True):
                assert "[redacted]" in shown, (kind["name"], around, text)
        ordinary = [f"see {filled(sample, chance)} now" for sample in kind["ordinary"]]
        assert redacted(rules, ordinary) == ordinary, kind["name"]


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


HIDDEN = {
    "behind a line break of JSON": rf"key:\n{KEY}",
    "behind a tab of JSON": rf"\t{KEY} end",
    "behind a letter of JSON": rf"\u0447{KEY}",
    "in escapes": "\\u0073k-ant" + KEY[6:],
    "in escapes twice": in_json("\\u0073k-ant") + KEY[6:],
    "all in escapes": "".join(f"\\u{ord(character):04x}" for character in KEY),
    "in percents": "".join(f"%{ord(character):02x}" for character in KEY),
    "in an address": f"https://host/?k={quote(KEY, safe='')}&x=%73k-ant{KEY[6:]}",
    "in base64": base64.b64encode(f"key is {KEY}".encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(f"{{'key': '{KEY}'}}?>".encode()).decode(),
    "in JSON in JSON": in_json(json.dumps({"args": json.dumps({"text": f"key:\n{KEY}"})})),
    "with a space without width": f"{KEY[:12]}\u200b{KEY[12:]}",
    "a private key of JSON": r"-----BEGIN RSA PRIVATE KEY-----\nQuokka0123456789\n-----END RSA PRIVATE KEY-----",
    "a bare secret of Amazon's": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYQuokka0123",
    "an assignment in escapes": r"password\u003dhunter2quokka0123456789",
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_what_hides_a_secret_is_seen_through(rules: Store, name: str) -> None:
    [shown] = redacted(rules, [HIDDEN[name]])
    assert "[redacted]" in shown
    assert "0123456789" not in secrets.decoded(shown)


def identifiers() -> list[str]:
    """Names and short texts from the source code of the libraries installed here."""
    found: set[str] = set()
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) + sorted(Path(pa.__file__).parent.glob("**/*.py"))
    for file in files:
        text = file.read_text("utf-8", errors="replace")
        found.update(re.findall(r"[A-Za-z_][A-Za-z0-9_.-]{7,}", text))
        if len(found) > 3 * IDENTIFIERS:
            break
    return random.Random(3).sample(sorted(found), IDENTIFIERS)


def test_no_ordinary_identifier_is_a_secret(rules: Store) -> None:
    given = identifiers()
    assert [(a, b) for a, b in zip(given, redacted(rules, given), strict=True) if a != b] == []


def test_ids_and_tags_without_secrets(tmp_path: Path, store_path: Path) -> None:
    planted = {
        "request_id": KEY, "user_id": f"user {KEY}", "session_id": KEY, "feature": KEY, "prompt_id": f"p {KEY}",
        "project": "https://u:hunter2quokka@host/repo", "model": KEY, "provider": KEY,
        "tags": {"authorization": "Basic quokka", "note": KEY, "team": "search", KEY: "x", "max_tokens": "12345678"},
    }  # fmt: skip
    log = logs.write(tmp_path / "a.jsonl", [logs.call(1, **planted), logs.call(2, user_id="quokka")])
    with logs.ingested(store_path, log) as (opened, _):
        row, other = opened.rows("select * from requests order by user_id desc")
        assert other["user_id"] == "quokka"
        for name in ("request_id", "session_id", "feature", "user_id", "prompt_id", "project", "model_logged"):
            assert re.fullmatch(r"secret-[0-9a-f]{16}", row[name]), name
        assert row["request_id"] == row["session_id"] == row["feature"]
        assert row["tags"]["team"] == "search"
        assert row["tags"]["max_tokens"] == "12345678"
        assert row["tags"]["authorization"].startswith("secret-")
        assert row["tags"]["note"] == row["feature"]
    held = store_path.read_bytes()
    for text in (b"Quokka0123", b"hunter2", b"Basic quokka"):
        assert text not in held
    with access.writing(store_path) as opened:
        assert run.ingest(opened, [str(log)]).total("requests") == 0


SENTENCE = "Die Übernahme von Quokka Holdings closes on Friday 合并在星期五完成"
LINES: list[logs.Row | str] = [
    {"prompt": SENTENCE, "usage": {"total_tokens": 3}},
    {"messages": [SENTENCE, {"content": SENTENCE, "n": [1, 2.5, None, True]}], "usage": {"total_tokens": 3}},
    logs.call(1, text={"prompt": SENTENCE}, output_tokens=-1),
]
RAW = [
    f'{{"prompt" : "{SENTENCE}", "usage" : ',
    SENTENCE,
    f'prefix {{"prompt": "{SENTENCE}',
    f'{SENTENCE}", "prompt": "Quokka", "x": 1}}',
    '{"prompt": "he said "Quokka": yes", "a": 1',
]  # fmt: skip


def test_an_excerpt_shows_no_words_of_a_text(tmp_path: Path, store_path: Path) -> None:
    lines: list[logs.Row | str] = [*LINES, *RAW]
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", lines)) as (opened, account):
        assert account.total("rejects") == len(lines)
        shown = [row["excerpt"] for row in opened.rows("select excerpt from rejects order by line_no")]
    for excerpt in shown:
        for word in ("Übernahme", "Quokka", "Holdings", "closes", "Friday", "合并", "said", "prefix"):
            assert word not in excerpt, excerpt
    assert shown[0] == f'{{"prompt": "…{len(json.dumps(SENTENCE)) - 2}", "usage": {{"total_tokens": 3}}}}'
    assert '"n": [1, 2.5, null, true]' in shown[1]
    assert '"output_tokens": -1' in shown[2]


def test_with_texts_an_excerpt_shows_them_without_secrets(tmp_path: Path, store_path: Path) -> None:
    log = logs.write(tmp_path / "a.jsonl", [f"no json: {'x' * 280} {KEY} end"])
    with access.writing(store_path) as opened:
        run.ingest(opened, [str(log)], texts=Texts(keep=True), format_asked="llmcost")
        excerpt = opened.value("select excerpt from rejects")
    assert "no json: xxx" in excerpt
    assert "sk-ant" not in excerpt, "a key at the end of an excerpt is taken out before it is cut"


@pytest.mark.parametrize(
    "text", ["", "{", '"', '{"', "\\", '{"a":"\\', "[" * 5000, '{"a":' * 5000, "\x00\x01", "1e999"]
)
def test_structures_of_odd_lines(text: str) -> None:
    assert len(excerpts.structure(text)) <= 300


def test_error_messages_keep_a_class_and_a_code(rules: Store) -> None:
    said = {
        f"litellm.RateLimitError: 429 for the prompt '{SENTENCE}'": "RateLimitError 429",
        f"Error code: 400 - {{'error': {{'message': '{SENTENCE}'}}}}": "400",
        f"openai.APITimeoutError {SENTENCE}": "APITimeoutError",
        f"timed out while {SENTENCE}": "timed out",
        SENTENCE: "error",
    }
    for message, expected in said.items():
        assert rules.value("select error_class($it)", {"it": message}) == expected


def views_in(db: Path) -> set[str]:
    """The views that a client finds in the store."""
    with access.reading(db) as opened:
        return {row["view_name"] for row in opened.rows("select view_name from duckdb_views() where not internal")}


def test_addresses_are_gone_from_the_file(tmp_path: Path) -> None:
    rows = [logs.call(n, text={"system": None, "prompt": f"quokka{n}@example.org", "output": "x"}) for n in range(300)]
    logs.write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", "--keep-text", cwd=tmp_path).returncode == 0
    db = tmp_path / "llmcost.duckdb"
    assert b"quokka7@example" in db.read_bytes()
    before, views = logs.contents(db), views_in(db)
    assert {"prompts", "priced", "daily_spend"} <= views
    db.chmod(0o640)
    done = llmcost("ingest", "log.jsonl", "--keep-text", "--redact-emails", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"@example" not in db.read_bytes()
    assert db.stat().st_mode & 0o777 == 0o640
    assert logs.contents(db) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["llmcost.duckdb", "log.jsonl"]
    assert views_in(db) == views
    with access.reading(db) as opened:
        assert opened.value("select prompt from texts limit 1") == "[e-mail]"

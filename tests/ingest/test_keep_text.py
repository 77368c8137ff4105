"""The texts of a log: in no store by default, without their secrets where they are kept."""

from itertools import permutations
from pathlib import Path

import pytest

from llmcost.attribution.texts import Texts
from llmcost.engine import access
from llmcost.ingest import run
from tests import logs

SENTENCE = "The merger with Quokka Holdings closes on Friday"
SECRETS = {
    "anthropic": "sk-ant-api03-QuokkaQuokkaQuokka_0123456789",
    "openai": "sk-proj-QuokkaQuokkaQuokka0123456789",
    "groq": "gsk_QuokkaQuokkaQuokka0123456789",
    "google": "AIzaQuokkaQuokkaQuokkaQuokka0123456789",
    "aws": "AKIAQUOKKAQUOKKA0123",
    "github": "ghp_QuokkaQuokkaQuokka0123456789",
    "slack": "xoxb-0123456789-quokkaquokka",
    "huggingface": "hf_QuokkaQuokkaQuokka0123456789",
    "bearer": "Bearer QuokkaQuokkaQuokka.0123456789",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdW9ra2EifQ.c2lnbmVkLWJ5LXF1b2trYQ",
    "url": "postgres://quokka:hunter2quokka@db",
    "password": "password = hunter2quokka",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nUXVva2thUXVva2th\nUXVva2thUXVva2th\n-----END RSA PRIVATE KEY-----",
}
Q16, Q20, Q30 = ("QuokkaQuokkaQuokkaQuokkaQuokka"[:length] for length in (16, 20, 30))
SECRETS |= {
    f"{prefix}{dash}": f"{prefix}{dash}{Q16[:8]}01{Q16[8:]}"
    for prefix in ("sk", "rk", "pk", "gsk", "r8", "hf", "npm", "nvapi", "pplx", "xai", "csk", "fw", "tvly")
    for dash in "-_"
}
SECRETS |= {
    "google, shortest": f"AIza{Q30}",
    "aws, for a while": "ASIAQUOKKAQUOKKA0123",
    **{f"github gh{kind}": f"gh{kind}_{Q20}" for kind in "pousr"},
    "github, fine-grained": f"github_pat_{Q20}",
    "gitlab": f"glpat-{Q20}",
    **{f"slack xox{kind}": f"xox{kind}-quokkaquokka" for kind in "abeoprs"},
    "sendgrid": f"SG.{Q16}.{Q16}",
    "jwt without a signature": "eyJQuokkaQuokka.eyJzdWIiOiJxdW9ra2EifQ",
    "bearer in capitals": f"BEARER {Q16}",
    "bearer in lower case": f"bearer  {Q16}",
    "url with a token": "https://u:QuokkaQuokka@host/path",
    "private key cut off": "-----BEGIN PRIVATE KEY-----\nUXVva2thUXVva2th",
    "private key of a curve": "-----BEGIN EC PRIVATE KEY-----\nUXVva2th\n-----END EC PRIVATE KEY-----",
}
SECRETS |= {
    f"{name}{sign}": f"{name}{sign}{quote}hunter2q{quote}"
    for name in ("api_key", "api-key", "apikey", "API_KEY", "secret_key", "secret-key", "secretkey",
                 "secret_access_key", "access_token", "access-token", "client_secret", "clientsecret",
                 "password", "passwd", "Password")
    for sign, quote in (("=", ""), (": ", '"'), (" = ", "'"))
}  # fmt: skip
EMAIL = "quokka@example.org"


def anthropic(prompt: str, output: str, number: int = 1) -> logs.Row:
    return {
        "ts": "2026-11-02T10:00:00Z",
        "request": {"system": f"Be kind. {prompt}", "messages": [{"role": "user", "content": prompt}]},
        "response": {
            "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
            "content": [{"type": "text", "text": output}], "usage": {"input_tokens": 100, "output_tokens": 5},
        },
    }  # fmt: skip


def own(prompt: str, output: str, number: int = 1) -> logs.Row:
    return logs.call(number, text={"system": None, "prompt": prompt, "output": output})


def openai(prompt: str, output: str) -> logs.Row:
    return {
        "request": {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": prompt}]},
        "response": {
            "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini", "created": 1793613600,
            "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": output}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 5},
        },
    }  # fmt: skip


def kept(db: Path, log: Path, texts: Texts) -> list[logs.Row]:
    with access.writing(db) as opened:
        run.ingest(opened, [str(log)], texts=texts)
        return opened.rows("select * from texts order by request_id")


def test_by_default_a_store_holds_no_text(tmp_path: Path, store_path: Path) -> None:
    planted = " ".join([SENTENCE, *SECRETS.values(), EMAIL])
    lines = [
        anthropic(planted, planted),
        own(planted, planted, 2),
        openai(planted, planted),
        own(planted, planted, 3) | {"output_tokens": "many"},  # rejected, with its beginning
        {"text": {"prompt": planted}} | own(planted, planted, 4) | {"output_tokens": -1},
        {"prompt": planted, "usage": {"total_tokens": 3}},  # in no known shape, and rejected
    ]
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", lines)) as (opened, account):
        assert account.total("rejects") == 3
        assert opened.value("select count(*) from texts") == 0
    held = store_path.read_bytes()
    assert b"msg_1" in held  # what the file holds can be found in its bytes
    for text in (SENTENCE, "Quokka", "quokka", "QUOKKA", "UXVva2th"):
        assert text.encode() not in held


@pytest.mark.parametrize("line", [anthropic, own, openai])
def test_texts_are_kept_as_they_were_said(line: object, tmp_path: Path, store_path: Path) -> None:
    assert callable(line)
    log = logs.write(tmp_path / "a.jsonl", [line("Is it raining?", 'It is: "cats"\nand dogs.')])
    [row] = kept(store_path, log, Texts(keep=True))
    assert (row["prompt"], row["output"]) == ("Is it raining?", 'It is: "cats"\nand dogs.')
    assert row["system"] in (None, "Be kind.", "Be kind. Is it raining?")


def test_secrets_are_redacted(tmp_path: Path, store_path: Path) -> None:
    said = {number: f"Use this: {secret} and write to {EMAIL}." for number, secret in enumerate(SECRETS.values())}
    lines = [own(text, text, number) for number, text in said.items()]
    lines += [anthropic(text, text, number) for number, text in said.items()]
    rows = kept(store_path, logs.write(tmp_path / "a.jsonl", lines), Texts(keep=True))
    assert len(rows) == 2 * len(SECRETS)
    names = list(SECRETS)
    for row in rows:
        name = names[int(row["request_id"].rsplit("_", 1)[1])]
        for part in ("prompt", "output"):
            assert row[part].startswith("Use this: "), name
            assert "[redacted]" in row[part], name
            assert row[part].endswith(f"and write to {EMAIL}.") or name.startswith(("url", "private key cut off")), name
            for piece in ("Quokka", "QUOKKAQUOKKA", "hunter2", "quokkaquokka", "UXVva2th", "eyJzdWIi"):
                assert piece not in row[part], name


@pytest.mark.parametrize(
    "text",
    [
        f"sk-{Q16[:15]} end", f"gsk_{Q16[:15]} end", f"AIza{Q30[:23]} end", "AKIAQUOKKAQUOKKA012 end",
        f"ghp_{Q20[:19]} end", f"github_pat_{Q20[:19]} end", f"glpat-{Q16[:15]} end", "xoxb-quokkaquo end",
        f"SG.{Q16[:15]}.{Q16} end", f"SG.{Q16}.{Q16[:15]} end", "eyJQuokkaQ.eyJzdWI end", f"Bearer {Q16[:15]} end",
        "password=hunt2 end", f"desk-{Q16} end", "https://host:8080/path@2x end",
        "-----BEGIN PUBLIC KEY-----\nUXVva2th end",
    ],
)  # fmt: skip
def test_what_is_shorter_than_a_secret_stays(text: str, tmp_path: Path, store_path: Path) -> None:
    [row] = kept(store_path, logs.write(tmp_path / "a.jsonl", [own(text, text)]), Texts(keep=True))
    assert (row["prompt"], row["output"]) == (text, text)


def test_words_are_no_secrets(tmp_path: Path, store_path: Path) -> None:
    said = "The task-force asks: is sk-learn a password manager? Its api key is short, max_tokens: 12345678."
    [row] = kept(store_path, logs.write(tmp_path / "a.jsonl", [own(said, said)]), Texts(keep=True))
    assert row["prompt"] == said


def test_emails_are_redacted_when_asked_those_already_kept_too(tmp_path: Path, store_path: Path) -> None:
    log = logs.write(tmp_path / "a.jsonl", [own(f"Write to {EMAIL}.", "Done.")])
    [row] = kept(store_path, log, Texts(keep=True))
    assert row["prompt"] == f"Write to {EMAIL}."
    [row] = kept(store_path, log, Texts(keep=True, redact_emails=True))
    assert row["prompt"] == "Write to [e-mail]."


def test_texts_can_be_kept_of_a_log_that_was_read_without(tmp_path: Path, store_path: Path) -> None:
    log = logs.write(tmp_path / "a.jsonl", [own("Is it raining?", "Yes.")])
    assert kept(store_path, log, Texts()) == []
    before = logs.contents(store_path)
    assert len(kept(store_path, log, Texts(keep=True))) == 1
    assert logs.contents(store_path) == before
    assert len(kept(store_path, log, Texts())) == 1  # and stay


def test_of_two_copies_the_finished_one_is_kept(tmp_path: Path) -> None:
    copies = [own("Is it raining?", answer) | {"output_tokens": len(answer)} for answer in ("Yes", "Yes, it is.")]
    for order in ((0, 1), (1, 0)):
        db = tmp_path / f"{order}.duckdb"
        for place in order:
            rows = kept(db, logs.write(tmp_path / f"{order}" / f"{place}.jsonl", [copies[place]]), Texts(keep=True))
        assert [row["output"] for row in rows] == ["Yes, it is."]


def test_of_several_copies_each_text_is_the_longest_in_whatever_order_they_are_read(tmp_path: Path) -> None:
    said = [
        ("Be kind and brief.", "Raining?", None),
        (None, "Is it raining?", "Yes"),
        ("Be kind.", None, "Yes, it is."),
        ("Be kind!", "Is it raining?", "No, it isn't"),
    ]
    copies = [
        logs.call(1, output_tokens=number, text={"system": system, "prompt": prompt, "output": output})
        for number, (system, prompt, output) in enumerate(said)
    ]
    other = own("Is it cold?", "No.", 2)
    found = []
    for order in permutations(range(len(said))):
        folder = tmp_path / "".join(map(str, order))
        first = kept(
            folder / "1.duckdb", logs.write(folder / "all", [copies[n] for n in order] + [other]), Texts(keep=True)
        )
        for number in order:
            log = logs.write(folder / str(number), [copies[number], other])
            one_by_one = kept(folder / "2.duckdb", log, Texts(keep=True))
        found += [first, one_by_one]
    assert all(rows == found[0] for rows in found)
    [row, alone] = found[0]
    assert (row["system"], row["prompt"], row["output"]) == ("Be kind and brief.", "Is it raining?", "No, it isn't")
    assert (alone["prompt"], alone["output"]) == ("Is it cold?", "No.")

"""`llmcost.toml`: prices of one's own and names of gateways, dated, shown as such, and checked."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from llmcost.errors import LlmcostError
from llmcost.prices import listing, table
from llmcost.prices.overrides import Overrides, load_overrides
from tests.command import llmcost
from tests.logs import call, write
from tests.pricing import Row, as_logged

Load = Callable[[str], Overrides]

USE = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write(text: str) -> Overrides:
        path = tmp_path / "llmcost.toml"
        path.write_text(text, encoding="utf-8")
        return load_overrides(path)

    return write


def cost(overrides: Overrides, model: str, provider: str | None = None, **fields: object) -> float | None:
    [row] = as_logged([{"model": model, "provider": provider} | USE | fields], overrides)
    found = row["cost_usd"]
    assert found is None or isinstance(found, float)
    return found


def test_a_discount_on_a_provider_from_a_day_on(load: Load) -> None:
    overrides = load('[[prices]]\nprovider = "Anthropic"\nmultiplier = 0.85\nvalid_from = 2026-05-01')
    assert cost(overrides, "claude-haiku-4-5", ts=datetime(2026, 4, 30, 23, 59)) == pytest.approx(6)
    assert cost(overrides, "claude-haiku-4-5", ts=datetime(2026, 5, 1)) == pytest.approx(6 * 0.85)
    assert cost(overrides, "claude-haiku-4-5", ts=datetime(2026, 5, 1), service_tier="batch") == pytest.approx(3 * 0.85)
    assert cost(overrides, "gpt-4o", ts=datetime(2026, 5, 1)) == pytest.approx(12.5)
    [row] = as_logged([{"model": "claude-haiku-4-5"} | USE], overrides)
    assert row["price_source"].startswith("llmcost.toml, prices entry 1: × 0.85; otherwise genai-prices ")


def test_a_discount_reaches_every_context_tier_and_ends(load: Load) -> None:
    overrides = load('[[prices]]\nmodel = "claude-sonnet-4-6"\nmultiplier = 0.5\nvalid_to = "2026-03-01"')
    long: Row = {"input_tokens": 200_001, "output_tokens": 0}
    assert cost(overrides, "claude-sonnet-4-6", ts=datetime(2026, 2, 28), **long) == pytest.approx(200_001 * 3e-6)
    assert cost(overrides, "claude-sonnet-4-6", ts=datetime(2026, 3, 1), **long) == pytest.approx(200_001 * 6e-6)


def test_a_negotiated_price_leaves_the_others_as_listed(load: Load) -> None:
    overrides = load('[[prices]]\nprovider = "azure_openai"\nmodel = "gpt-4o"\ninput_usd_mtok = 2')
    assert cost(overrides, "gpt-4o-2024-11-20", "azure") == pytest.approx(2 + 10)
    assert cost(overrides, "gpt-4o", "openai") == pytest.approx(2.5 + 10)


def test_an_entry_for_one_service_tier(load: Load) -> None:
    overrides = load('[[prices]]\nmodel = "gpt-4o"\nservice_tier = "batch"\ninput_usd_mtok = 1\noutput_usd_mtok = 4')
    assert cost(overrides, "gpt-4o", service_tier="batch") == pytest.approx(5)
    assert cost(overrides, "gpt-4o") == pytest.approx(12.5)


def test_the_last_entry_decides_and_discounts_never_compound(load: Load) -> None:
    overrides = load(
        """
        [[prices]]
        provider = "openai"
        multiplier = 0.9
        [[prices]]
        model = "gpt-4o"
        multiplier = 0.8
        [[prices]]
        model = "gpt-4o"
        output_usd_mtok = 7
        """
    )
    assert cost(overrides, "gpt-4o") == pytest.approx(2.5 * 0.8 + 7)
    assert cost(overrides, "gpt-4.1") == pytest.approx(10 * 0.9)
    [row] = as_logged([{"model": "gpt-4o"}], overrides)
    assert "entry 1" not in row["price_source"]
    assert "entry 2: × 0.8; llmcost.toml, prices entry 3: output_usd_mtok; otherwise" in row["price_source"]


def test_a_private_model_has_only_the_prices_given(load: Load) -> None:
    overrides = load(
        """
        [[prices]]
        model = "acme-support-v3"
        input_usd_mtok = 0.4
        output_usd_mtok = 1.6
        valid_to = 2026-06-01
        [[prices]]
        model = "Acme-Support-v3"
        provider = "acme"
        input_usd_mtok = 0.2
        cache_write_5m_usd_mtok = 0.3
        output_usd_mtok = 0.8
        valid_from = 2026-06-01
        """
    )
    may, june = datetime(2026, 5, 31), datetime(2026, 6, 1)
    cached = {"cache_read_tokens": 1_000_000, "cache_write_1h_tokens": 1_000_000}
    assert cost(overrides, "acme-support-v3", "acme", ts=may, **cached) == pytest.approx(0.4 * 3 + 1.6)
    assert cost(overrides, "acme-support-v3", "acme", ts=june, **cached) == pytest.approx(0.2 * 2 + 0.3 + 0.8)
    assert cost(overrides, "acme-support-v3", ts=may) == pytest.approx(2)
    assert cost(overrides, "acme-support-v3", ts=june) is None
    assert cost(overrides, "acme-support-v3", ts=may, service_tier="batch") == pytest.approx(2)
    [row] = as_logged([{"model": "acme-support-v3", "ts": may}], overrides)
    assert row["price_source"] == "llmcost.toml, prices entry 1: input_usd_mtok, output_usd_mtok"


def test_a_discount_makes_no_price_where_there_is_none(load: Load) -> None:
    assert cost(load("[[prices]]\nmultiplier = 0.5"), "unheard-of") is None


def test_a_listed_name_is_no_word_on_ones_own_server(load: Load) -> None:
    overrides = load('[[prices]]\nmodel = "gpt-4o"\ninput_usd_mtok = 1')
    assert cost(overrides, "gpt-4o", "ollama") is None
    free = load('[[prices]]\nprovider = "ollama"\nmodel = "gpt-4o"\ninput_usd_mtok = 0\noutput_usd_mtok = 0')
    assert cost(free, "gpt-4o", "ollama") == 0
    assert cost(free, "gpt-4o") == pytest.approx(12.5)


def test_half_a_private_price_is_an_error(load: Load) -> None:
    overrides = load('[[prices]]\nmodel = "gpt-4.o"\ninput_usd_mtok = 1')
    with pytest.raises(LlmcostError, match=r"prices entry 1: .*no price of gpt-4\.o, and output_usd_mtok is missing"):
        table.expand([(None, "gpt-4.o")], overrides)


def test_an_alias_is_billed_as_what_it_stands_for(load: Load) -> None:
    overrides = load(
        """
        [aliases]
        "Prod-Large" = "anthropic/claude-haiku-4-5"
        "gateway/small" = "acme-mini"
        [[prices]]
        model = "acme-mini"
        input_usd_mtok = 1
        output_usd_mtok = 1
        """
    )
    rows = as_logged(
        [
            {"model": "prod-large", "provider": "gateway"} | USE,
            {"model": "small", "provider": "gateway"} | USE,
            {"model": "small", "provider": "another"} | USE,
        ],
        overrides,
    )
    assert [(row["provider"], row["model"], row["model_logged"], row["cost_usd"]) for row in rows] == [
        ("anthropic", "claude-haiku-4-5", "prod-large", 6),
        ("gateway", "acme-mini", "small", 2),
        ("another", "small", "small", None),
    ]


DATED = """
[aliases]
"gw/small" = [
    {{ model = "anthropic/claude-haiku-4-5", valid_to = {day} }},
    {{ model = "openai/gpt-4o", valid_from = {day}, valid_to = 2026-09-01 }},
]
"""


def test_an_alias_stands_for_another_model_from_a_day_on(tmp_path: Path) -> None:
    days = ["2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z", "2026-08-31T12:00:00Z", "2026-09-01T00:00:00Z"]
    write(tmp_path / "log.jsonl", [call(n, model="small", provider="gw", ts=day) for n, day in enumerate(days)])

    def models() -> list[str]:
        done = llmcost("report", "--by", "day,model", "--format", "json", cwd=tmp_path)
        return [row["model"] for row in sorted(json.loads(done.stdout)["rows"], key=lambda row: row["day"])]

    (tmp_path / "llmcost.toml").write_text(DATED.format(day="2026-06-01"))
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    assert models() == ["claude-haiku-4-5", "gpt-4o", "gpt-4o", "small"]
    (tmp_path / "llmcost.toml").write_text(DATED.format(day="2026-07-01"))
    assert models() == ["claude-haiku-4-5", "claude-haiku-4-5", "gpt-4o", "small"]
    (tmp_path / "llmcost.toml").write_text("")
    assert models() == ["small"] * 4


def test_aliases_are_listed_with_their_days(load: Load) -> None:
    overrides = load(DATED.format(day="2026-06-01"))
    assert [(row["model"], row["valid_from"], row["valid_to"]) for row in listing.named(overrides)] == [
        ("anthropic/claude-haiku-4-5", None, date(2026, 6, 1)),
        ("openai/gpt-4o", date(2026, 6, 1), date(2026, 9, 1)),
    ]
    assert [row["model"] for row in listing.named(overrides, date(2026, 6, 1))] == ["openai/gpt-4o"]
    assert listing.named(overrides, date(2026, 9, 1)) == []


def test_overrides_are_listed_with_their_days(load: Load) -> None:
    overrides = load('[[prices]]\nmodel = "gpt-4o"\nmultiplier = 0.9\nvalid_from = 2026-01-01\nvalid_to = 2027-01-01')
    listed = listing.listed(table.expand([(None, "gpt-4o")], overrides)[1])
    assert [(row["valid_from"], row["valid_to"], row["input_usd_mtok"]) for row in listed[:3]] == [
        (None, date(2026, 1, 1), 2.5),
        (date(2026, 1, 1), date(2027, 1, 1), 2.25),
        (date(2027, 1, 1), None, 2.5),
    ]


def test_the_fingerprint_follows_what_is_said(load: Load) -> None:
    said = [
        "",
        '[aliases]\na = "b"',
        '[aliases]\na = [{ model = "b", valid_to = 2026-05-01 }]',
        "[[prices]]\nmultiplier = 0.5",
        "[[prices]]\nmultiplier = 0.5\nvalid_from = 2026-01-01",
    ]
    assert len({table.fingerprint(load(text)) for text in said}) == len(said)
    assert table.fingerprint(load("# nothing\n[formats]\n")) == table.fingerprint()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[[prices]\n", r"llmcost\.toml is not valid TOML: .*line 1"),
        ('prices = "cheap"', r"prices is not a list of entries"),
        ("prices = [1]", r"prices entry 1: is not a table"),
        ("[[prices]]\nmultiplier = 1\n[[prices]]\nmodle = 'x'", r"prices entry 2: there is no modle"),
        ("[[prices]]\nmodel = 'x'\ninput_usd_mtok = -1", r"entry 1: input_usd_mtok is not a number of at least 0: -1"),
        (
            "[[prices]]\nmodel = 'x'\ninput_usd_mtok = '1'",
            r"entry 1: input_usd_mtok is not a number of at least 0: '1'",
        ),
        ("[[prices]]\nmodel = 'x'\ninput_usd_mtok = inf", r"entry 1: input_usd_mtok is not a number"),
        ("[[prices]]\nmodel = 'x'\ninput_usd_mtok = true", r"entry 1: input_usd_mtok is not a number"),
        ("[[prices]]\nmodel = 7\nmultiplier = 1", r"entry 1: model is not a name: 7"),
        ("[[prices]]\nmultiplier = 1\nvalid_from = 'May'", r"entry 1: valid_from is not a date: May"),
        ("[[prices]]\nmultiplier = 1\nvalid_from = 2026-05-01T00:00:00", r"entry 1: valid_from is not a date"),
        ("[[prices]]\nmultiplier = 1\nvalid_from = 2026-05-02\nvalid_to = 2026-05-02", r"valid_to is not after"),
        ("[[prices]]\nmodel = 'x'", r"entry 1: gives no price"),
        ("[[prices]]\nmodel = 'x'\nmultiplier = 1\ninput_usd_mtok = 1", r"entry 1: gives a multiplier and a price"),
        ("[[prices]]\nprovider = 'openai'\ninput_usd_mtok = 1", r"entry 1: gives a price, but no model"),
        ("[[prices]]\nmultiplier = 1\nservice_tier = 'bacth'", r"entry 1: there is no service tier bacth"),
        ("aliases = 3", r"aliases is not a table"),
        ("[aliases]\ngw.small = 'gpt-4o'", r"alias gw: is not a model name"),
        ("[aliases]\ngw = [{ modle = 'gpt-4o' }]", r"alias gw: there is no modle"),
        ("[aliases]\ngw = ['gpt-4o']", r"alias gw: 'gpt-4o' is not a table"),
        ("[aliases]\ngw = [{ model = 'a', valid_to = 'May' }]", r"alias gw: valid_to is not a date: May"),
        ("[aliases]\ngw = [{ model = 'a' }, { model = 'b', valid_from = 2026-05-01 }]", r"both a and b on 2026-05-01"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(load: Load, text: str, wrong: str) -> None:
    with pytest.raises(LlmcostError, match=wrong) as caught:
        load(text)
    assert "\n" not in caught.value.message


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LlmcostError, match=r"gone\.toml cannot be read"):
        load_overrides(tmp_path / "gone.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LlmcostError, match=r"binary\.toml is not valid TOML"):
        load_overrides(tmp_path / "binary.toml")

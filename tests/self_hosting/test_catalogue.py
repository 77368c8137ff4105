"""The dated tables, the user's own entries, and the calibrations."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from llmcost.errors import LlmcostError
from llmcost.self_hosting import calibrations, catalogue, reached
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.fitting import check
from llmcost.self_hosting.footing import choose
from llmcost.self_hosting.timing import IterationTime

ROOT = Path(__file__).resolve().parents[2]
TIME = IterationTime(0.001, 0.01, 1e-4, 1e-7, 1e-9)


def test_what_is_shipped_is_dated_and_whole() -> None:
    known = catalogue.load()
    assert {"T4", "A10G", "L4", "L40S", "A100", "H100", "H200", "RTX-4090"} <= set(known.gpus)
    for gpu in known.gpus.values():
        assert gpu.date, gpu.name
        assert "datasheet" in gpu.source or gpu.source.endswith("paper")
        assert ("bf16" in gpu.tflops) == (gpu.compute_capability >= 8.0)
        assert ("fp8" in gpu.tflops) == (gpu.compute_capability >= 8.9)
    for instance in known.instances.values():
        assert instance.provider != catalogue.OWN_FILE, instance.name
        assert instance.gpu in known.gpus
        assert known.on_demand_usd(instance), instance.name


def test_prices_are_those_of_the_cloud() -> None:
    known = catalogue.load()
    hourly = {name: known.on_demand_usd(instance) for name, instance in known.instances.items()}
    assert hourly["g4dn.xlarge"] == 0.526
    assert hourly["g5.xlarge"] == 1.006
    assert hourly["g6.xlarge"] == 0.805
    assert hourly["p5.4xlarge"] == 6.88
    assert hourly["p5.48xlarge"] == 55.04


def test_the_users_own_win(tmp_path: Path) -> None:
    own = tmp_path / "llmcost.toml"
    own.write_text('[instances."g4dn.xlarge"]\ngpu = "T4"\ngpus = 1\nusd_per_hour = 0.4\n[other]\nkey = 1\n')
    known = catalogue.load(own)
    assert known.on_demand_usd(known.instance("g4dn.xlarge")) == 0.4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gpus.X]\nmemory_gib = 1\n", "X is incomplete"),
        ("[gpus.X]\nspeed = 1\n", "X has no speed"),
        ("[gpus.X\n", "is not TOML"),
        ("gpus = 1\n", "gpus is not a table"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, message: str) -> None:
    own = tmp_path / "llmcost.toml"
    own.write_text(text)
    with pytest.raises(LlmcostError, match=message):
        catalogue.load(own)


def test_shapes_agree_with_those_the_benchmark_serves() -> None:
    shapes = sorted((ROOT / "llmcost" / "bench_gpu" / "shapes").glob("*.json"))
    known = catalogue.load().models
    for path in shapes:
        if path.stem in known:
            config, model = json.loads(path.read_text()), known[path.stem]
            assert model.layers == config["num_hidden_layers"]
            assert model.hidden_size == config["hidden_size"]
            assert model.intermediate_size == config["intermediate_size"]
            assert model.kv_heads == config["num_key_value_heads"]
            assert model.vocabulary == config["vocab_size"]


def test_the_documented_entries_are_of_the_right_form(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "self_hosting.md").read_text(encoding="utf-8")
    own = tmp_path / "llmcost.toml"
    own.write_text("\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)), encoding="utf-8")
    known = catalogue.load(own)
    assert {known.instance("our-rack").gpu, known.gpu("RTX-6000-Ada").name} == {"RTX-4090", "RTX-6000-Ada"}
    assert known.model("our-13b").layers == 40
    assert calibrations.load(own)[-1].name == "t4 mistral-7b awq"


def test_a_calibration_is_saved_and_replaced(tmp_path: Path) -> None:
    own = tmp_path / "llmcost.toml"
    before, after = "[prices] # mine\n", '\n[instances."rack"]\ngpu = "T4"\ngpus = 1\n'
    saved = Calibration("T4", 1, "mistral-7b", "awq", TIME, 'my "server"\\', date(2026, 11, 1))
    own.write_text(before)
    assert calibrations.save(saved, own) == own
    own.write_text(own.read_text() + after)
    assert calibrations.load(own)[-1] == saved
    again = replace(saved, source="measured again")
    calibrations.save(again, own)
    assert calibrations.load(own)[-1] == again
    text = own.read_text()
    assert text.count("[calibrations.") == 1
    assert text.startswith(before)
    assert after in text


@pytest.mark.parametrize("text", [
    '[calibrations]\n"t4 mistral-7b awq" = { gpu = "T4" }\n',
    'calibrations."t4 mistral-7b awq".gpu = "T4" # old\n[other]\n',
])  # fmt: skip
def test_a_calibration_is_replaced_whatever_its_form(tmp_path: Path, text: str) -> None:
    own = tmp_path / "llmcost.toml"
    own.write_text(text)
    saved = Calibration("T4", 1, "mistral-7b", "awq", TIME, "", date(2026, 11, 1))
    calibrations.save(saved, own)
    assert calibrations.load(own)[-1] == saved


def test_a_form_that_holds_no_further_calibration_stays(tmp_path: Path) -> None:
    own = tmp_path / "llmcost.toml"
    text = 'calibrations = { "t4 mistral-7b awq" = { gpu = "T4" } }\n'
    own.write_text(text)
    with pytest.raises(LlmcostError, match="cannot be extended"):
        calibrations.save(Calibration("T4", 1, "mistral-7b", "awq", TIME, "", date(2026, 11, 1)), own)
    assert own.read_text() == text


@pytest.mark.parametrize("name", [
    'x"]\n[[prices]]\nmodel = "gpt-4o"\ninput_usd_mtok = 0\n#', "a\x7f\x00\x1b", "a.b", "]", "\\", '"' * 3, "'" * 3, "",
])  # fmt: skip
def test_a_name_from_a_run_is_never_syntax(tmp_path: Path, name: str) -> None:
    own = tmp_path / "llmcost.toml"
    own.write_text("# mine\n")
    saved = Calibration("T4", 1, name, "awq", TIME, f"source {name}", date(2026, 11, 1))
    for _ in range(2):
        calibrations.save(saved, own)
        assert tomllib.loads(own.read_text()).keys() == {"calibrations"}
        assert calibrations.load(own)[-1] == saved
    assert tomllib.loads(calibrations.as_toml(saved)).keys() == {"calibrations"}


def test_the_users_file_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "team.toml"
    own.write_text('[instances."rack"]\ngpu = "T4"\ngpus = 1\n')
    monkeypatch.setenv("LLMCOST_CONFIG", str(own))
    assert catalogue.load().instance("rack").gpu == "T4"
    assert calibrations.save(Calibration("T4", 1, "mistral-7b", "awq", TIME, "", date(2026, 11, 1))) == own
    assert calibrations.load()[-1].gpu == "T4"


def test_the_best_footing_is_chosen() -> None:
    known = catalogue.load()
    shipped = calibrations.load()
    fit = check(known, known.model("llama-3.1-8b"), "none", known.gpu("RTX-4090"))
    measured = choose(fit, known, shipped)
    assert (measured.kind, measured.fastest, measured.slowest) == ("measured", 1.0, 1.0)

    fit = check(known, known.model("mistral-7b"), "none", known.gpu("RTX-4090"))
    scaled = choose(fit, known, shipped)
    assert (scaled.kind, scaled.fastest, scaled.slowest) == ("scaled", 0.8, 1.25)
    assert scaled.time.per_kv_token_s == pytest.approx(measured.time.per_kv_token_s)
    assert "llama-3.1-8b" in scaled.text
    assert (
        choose(check(known, known.model("mistral-7b"), "none", known.gpu("H100")), known, shipped).kind == "datasheet"
    )

    fit = check(known, known.model("mistral-7b"), "awq", known.gpu("T4"))
    datasheet = choose(fit, known, shipped)
    assert (datasheet.kind, datasheet.fastest, datasheet.slowest) == ("datasheet", 0.7, 1.6)
    assert "published tests of this GPU" in datasheet.text
    older = choose(fit, known, shipped, "0.8.5")
    assert older.time.fixed_s > datasheet.time.fixed_s
    assert older.fastest < datasheet.fastest
    assert older.slowest > datasheet.slowest
    own = Calibration("T4", 1, "mistral-7b", "awq", TIME, "mine", date(2026, 11, 1))
    assert choose(fit, known, [*shipped, own]).time == TIME
    nowhere = replace(own, gpu="NVIDIA Unheard-of", model="eliza")
    assert choose(fit, known, [*shipped, nowhere]).kind == "datasheet", "what nothing is known of cannot be scaled"


def test_weights_that_no_test_is_about_need_a_calibration_on_their_gpu() -> None:
    """Measured with one model, another one is scaled, within the widest range that any kernel has."""
    known = catalogue.load()
    measured = Calibration("A100", 1, "mistral-7b", "nvfp4", TIME, "mine", date(2026, 11, 30))
    own, other = (
        check(known, known.model(name), "nvfp4", known.gpu("A100")) for name in ("mistral-7b", "llama-3.1-8b")
    )
    assert choose(own, known, [measured]).kind == "measured"
    scaled = choose(other, known, [measured])
    assert (scaled.kind, (scaled.fastest, scaled.slowest)) == ("scaled", reached.widest())
    with pytest.raises(reached.UnknownKernelError, match="NVFP4"):
        choose(other, known, [])

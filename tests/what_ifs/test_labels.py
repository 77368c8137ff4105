"""Labels files: how they are read, and what they say of the hits of semantic caching."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from llmcost.what_ifs.inputs import labels
from tests.command import llmcost
from tests.logs import call, write

needs_model = pytest.mark.skipif(find_spec("wordllama") is None, reason="wordllama is not installed")

ASKED = ["How do I reset my password?", "How can I reset my password, please?", "Hi, how do I reset my password?"]


def pairs(path: Path) -> dict[tuple[str, str], bool]:
    read = labels.read(str(path)).to_pylist()
    return {(row["one"], row["other"]): row["alike"] for row in read}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("l.csv", "prompt_1,prompt_2,label\na,b,1\nd,c,0\n"),
        ("l.csv", "id,question1,question2,is_duplicate\n1,b,a,True\n2,c,d,False\n"),
        ("l.csv", "sentence1,sentence2,label\na,b,1.0\na,b,1.0\nd,c,no\n"),
        ("l.jsonl", '{"prompt_1": "a", "prompt_2": "b", "label": true}\n\n{"prompt_1":"c","prompt_2":"d","label":0}\n'),
        ("l.json", '[{"origin": "a", "similar": "b"}, {"origin": "c", "similar": "d", "label": 0}]'),
    ],
)
def test_pairs_are_read_under_the_names_that_such_sets_have(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert pairs(tmp_path / name) == {("a", "b"): True, ("c", "d"): False}


def test_parquet_is_read_too(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    columns = {"sentence1": ["a", "d"], "sentence2": ["b", "c"], "label": [1, 0]}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "l.parquet")
    assert pairs(tmp_path / "l.parquet") == {("a", "b"): True, ("c", "d"): False}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("l.csv", "prompt_1,prompt_2,label\na,b,maybe\n", "l.csv:2: label is 'maybe'"),
        ("l.csv", "prompt_1,prompt_2,label\na,b\n", "l.csv:2: label is 'None'"),
        ("l.csv", "prompt_1,prompt_2\na,b\n", "l.csv:2: no label"),
        ("l.csv", "prompt_1,prompt_2,label,judged\na,b,1,so\n", "l.csv:2: judged is 'so'"),
        ("l.csv", "prompt_1,prompt_2,label\na,,1\n", "l.csv:2: prompt_2 is empty"),
        ("l.csv", "prompt_1,prompt_2,label\na,b,1\nb,a,0\n", "l.csv:3: a second label"),
        ("l.csv", "prompt,label\na,1\n", "l.csv:2: no two prompts"),
        ("l.csv", "prompt_1,prompt_2,label\n", "l.csv holds no labels"),
        ("l.jsonl", "{nonsense\n", "l.jsonl is not a labels file"),
        ("l.jsonl", "5\n", "l.jsonl:1: no object"),
        ("l.json", "[" * 100_000, "l.json is not a labels file"),
        ("l.parquet", "no parquet", "l.parquet is not a labels file"),
        ("l.csv", None, "l.csv cannot be read"),
    ],
)
def test_a_bad_labels_file_is_one_line_and_a_hint(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    write(tmp_path / "log.jsonl", [call(1, prompt_hash="h1")])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    if text is not None:
        (tmp_path / name).write_text(text)
    words = ("--what-if", "response-caching", "--what-if", f"semantic-caching:labels={name}")
    done = llmcost("simulate", *words, cwd=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "hint: " in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert done.stdout == ""


def semantic(folder: Path, given: str) -> dict[str, Any]:
    word = f"semantic-caching:ttl=none,threshold=0.88,{given}"
    done = llmcost("simulate", "--what-if", word, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    [stage] = json.loads(done.stdout)["stages"]
    assert isinstance(stage, dict)
    return stage


@needs_model
def test_a_label_outweighs_the_words_of_the_logged_answers(tmp_path: Path) -> None:
    log = [call(n, prompt_hash=f"h{n}", output_hash=f"o{n}", latency_ms=9, text={"prompt": text})
           for n, text in enumerate(ASKED)]  # fmt: skip
    write(tmp_path / "log.jsonl", log)
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    (tmp_path / "one.csv").write_text(f'prompt_1,prompt_2,label\n"{ASKED[1]}","{ASKED[0]}",1\n')
    (tmp_path / "both.csv").write_text(f"prompt_1,prompt_2,label\nh0,h1,1\nh0,{log[2]['request_id']},0\n")
    (tmp_path / "neither.csv").write_text("prompt_1,prompt_2,label\nx,y,1\n")
    said = {name: semantic(tmp_path, f"labels={name}") for name in ("none", "one.csv", "both.csv", "neither.csv")}
    summaries = {name: stage["summary"] for name, stage in said.items()}
    assert [s["similar_hits_with_a_label"] for s in summaries.values()] == [None, 1, 2, 0]
    assert [s["false_share_of_labelled_hits"] for s in summaries.values()] == [None, 0, 0.5, None]
    assert {s["share_of_those_whose_cached_answer_differs"] for s in summaries.values()} == {1}, "both, word for word"
    assert summaries["both.csv"]["false_share_of_similar_hits_estimated"] == 0.5, "nothing is left to estimate"
    assert (
        "1 of the 2 hits on similar prompts have a label: 0.0% of these are wrong" in summaries["one.csv"]["notes"][-1]
    )
    assert [stage["saved_low_usd"] > 0 for stage in said.values()] == [False, True, True, False]


@needs_model
def test_a_list_of_paraphrases_makes_nothing_else_look_right(shared_data: Path, tmp_path: Path) -> None:
    """999 pairs, all first halves stored: a hit is right if it is on the other half, and only right ones are labelled.

    The truth, 11 wrong of 531, lies in what the list says nothing of.
    """
    path = shared_data / "gptcache_paraphrase_pairs.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    write(tmp_path / "log.jsonl", [
        call(60 * half, request_id=f"{half}-{n}", latency_ms=1000, prompt_hash=pair[key], text={"prompt": pair[key]})
        for half, key in enumerate(("origin", "similar")) for n, pair in enumerate(known)
    ])  # fmt: skip
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    summary = semantic(tmp_path, f"labels={path}")["summary"]
    hits, labelled = summary["hits_on_a_similar_prompt"], summary["similar_hits_with_a_label"]
    assert 0 < hits - labelled < 30
    assert summary["false_share_of_labelled_hits"] == 0
    assert summary["false_share_of_similar_hits_estimated"] is None
    assert summary["false_share_of_similar_hits_range"] == pytest.approx([0, (hits - labelled) / hits])


def test_a_pair_that_nobody_has_judged_yet_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("prompt_1,prompt_2,label,request_1,request_2\nb,a,1,r2,r1\nd,c,,r4,r3\n")
    assert pairs(tmp_path / "l.csv") == {("a", "b"): True, ("r1", "r2"): True}


@needs_model
def test_a_sample_of_hits_is_labelled_and_read_again(tmp_path: Path) -> None:
    log = [call(n, prompt_hash=f"h{n}", latency_ms=9, text={"prompt": text}) for n, text in enumerate(ASKED)]
    write(tmp_path / "log.jsonl", log)
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    words = ("simulate", "--what-if", "semantic-caching:ttl=none", "--sample-hits", "10", "-o", "pairs.csv")
    done = llmcost(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    file = tmp_path / "pairs.csv"
    assert file.read_text().startswith("prompt_1,prompt_2,label,cosine,hits,request_1,request_2\n")
    refused = llmcost("simulate", "--what-if", "semantic-caching:labels=pairs.csv", cwd=tmp_path)
    assert refused.returncode == 1
    assert "holds no labels" in refused.stderr
    file.write_text(
        file.read_text().replace(f",{ASKED[0]},,", f",{ASKED[0]},1,").replace(f'"{ASKED[0]}",,', f'"{ASKED[0]}",1,')
    )
    summary = semantic(tmp_path, "labels=pairs.csv")["summary"]
    assert summary["similar_hits_with_a_label"] == summary["hits_on_a_similar_prompt"] == 2
    assert summary["false_share_of_similar_hits_range"] == [0, 0]


@pytest.mark.parametrize("words", [("--what-if", "response-caching"), ("--what-if", "all"), ("--optimize",)])
def test_only_a_semantic_cache_has_hits_to_sample(tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path / "log.jsonl", [call(1)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("simulate", *words, "--sample-hits", "5", cwd=tmp_path)
    assert done.returncode == 2
    assert "--sample-hits needs" in done.stderr

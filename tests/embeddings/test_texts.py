"""Texts on disk: by numbers, equal ones by one."""

import numpy as np
import pyarrow as pa

from llmcost.embeddings.texts import Some, Texts, portions

SAID = ["b", None, "a", "b", "", None, "é" * 3000, "a", "", "\x00\n"]


def test_equal_texts_have_one_number_however_they_come() -> None:
    for size in (1, 3, len(SAID)):
        texts = Texts()
        places = [
            texts.add(pa.chunked_array([pa.array(SAID[at : at + size], pa.string())]))
            for at in range(0, len(SAID), size)
        ]
        numbers = texts.numbers(np.concatenate(places)).to_pylist()
        assert [None if number is None else texts[number] for number in numbers] == SAID
        assert len(set(numbers)) == len(set(SAID))
        some = Some(texts, np.array([numbers[6], numbers[0]]))
        assert (len(some), list(some), some[0:1]) == (2, ["é" * 3000, "b"], ["é" * 3000])


def test_no_texts() -> None:
    texts = Texts()
    assert texts.numbers(texts.add(pa.chunked_array([pa.nulls(2, pa.string())]))).to_pylist() == [None, None]
    assert texts.numbers(texts.add(pa.chunked_array([], pa.string()))).to_pylist() == []


def test_a_tokenizer_gets_some_at_a_time() -> None:
    texts = ["x" * 900_000] * 7
    assert [len(some) for some in portions(texts)] == [3, 3, 1]
    assert list(portions([])) == []

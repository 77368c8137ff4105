"""semantic-caching: which requests a cache that compares prompts by meaning would have answered.

The index that it replays is in `similar_prompts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.embeddings.candidates import HISTORY, UNKNOWN, Candidates, codes, distinct, readable, together
from llmcost.embeddings.encoders import choice
from llmcost.embeddings.texts import Texts
from llmcost.embeddings.wrong_hits import FEWEST, LEVEL, Hits, Judge, WrongShare, wrong_share
from llmcost.errors import UsageError
from llmcost.what_ifs.kernels import cached_answers, labelled_hits
from llmcost.what_ifs.kernels.cached_answers import NOBODY, Asked, FalseHits
from llmcost.what_ifs.kernels.kernel import Kernel, Replayed, Stream, batches
from llmcost.what_ifs.kernels.similar_prompts import Rules, serve


@dataclass(frozen=True)
class SemanticHits:
    """The hits of a semantic cache, and how far to trust them."""

    asked: int  # requests that reach the cache
    readable: int  # those whose prompt is known
    repeated: FalseHits  # hits on the same prompt, by the logged answers
    similar: FalseHits  # hits on another one, likewise
    judge: Judge | None  # how the model did that judged pairs; None where none has
    judged: int  # hits on similar prompts that it alone has judged
    labelled: FalseHits | None  # those of them with a label, by the labels; None where no labels were given
    wrong: WrongShare | None  # of all the similar; None where there are none
    ambiguous: int  # near enough to two stored prompts, so no hit
    repeated_again: int  # hits on the same prompt that are asked again
    similar_again: int  # and on another one
    threshold: float  # the least cosine of two prompts that may share an answer


class SemanticCaching:
    """One index of prompts for all: the exact check knows no model and no feature."""

    columns = (
        "prompt_hash", "prompt_text", "provider", "model", "feature", "user_id", HISTORY,
        cached_answers.LATENCY, "status", "calls", "input_tokens", "output_tokens", "output_hash",
    )  # fmt: skip
    rows = cached_answers.ROWS
    partition = ()
    is_streamed = True
    measured = cached_answers.MEASURED
    decisions: ClassVar[Mapping[str, str]] = {**cached_answers.DECISIONS, "cosine": "double"}

    def is_apart(self, given: Mapping[str, Any]) -> bool:
        return False

    def replay(
        self,
        requests: pa.Table | Stream,
        *,
        ttl: str | None,
        scope: str,
        margin: float,
        vetoes: bool,
        encoder: str = "wordllama",
        threshold: float | None = None,
        strictness: str = "usual",
        frames: bool = True,
        latency_ms: float | None = None,
        differing: str = "asked",
        labels: pa.Table | None = None,
    ) -> Replayed[SemanticHits]:
        """The requests that the cache answers.

        A prompt is known by its `prompt_text`. How an answer compares with the logged one is said by the `labels` where
        they tell. Without a `threshold` the encoder's own at that `strictness` counts. `cosine` is null for a
        repetition. Raises UsageError for a bad parameter, LlmcostError where there are texts to compare but no
        embedding model.
        """
        life = cached_answers.microseconds(ttl)
        compared = choice.chosen(encoder)
        if threshold is None:
            threshold = choice.threshold(compared, strictness)
        if not threshold > 0:
            raise UsageError(f"threshold={threshold} treats all prompts as the same", hint="a cosine, like 0.88")
        if not margin >= 0:
            raise UsageError(f"margin={margin} is negative", hint="a difference of two cosines, like 0.02")
        texts = Texts(requests.folder if isinstance(requests, Stream) else None)
        requests = _with_numbers(requests, texts)
        asked = _asked(requests, scope, latency_ms)
        user = codes(requests["user_id"]) if scope == "user" else np.zeros(len(requests), np.int64)
        prompt, prompts = distinct(requests, texts, asked.row, user, compared)
        requests = requests.select(_NAMED)
        candidates = Candidates(prompts, threshold - margin, vetoes=vetoes, frames=frames)
        served = serve(
            asked,
            prompt,
            candidates,
            codes(cached_answers.answers(requests))[asked.row],
            life,
            Rules(threshold, margin),
        )

        hit = served.source != NOBODY
        row, source = asked.row[hit], asked.row[served.source[hit]]
        logged = cached_answers.decisions(requests, row, source)
        logged = logged.append_column("cosine", pa.array(served.cosine[hit], pa.float64(), from_pandas=True))
        judge = labelled_hits.judge_of(labels)
        told = labelled_hits.told(requests, texts, row, source, labels)
        decided, labelled = labelled_hits.judged(logged, told.right)
        repeated, similar = _by_kind(logged)
        by_meaning = ~np.isnan(served.cosine[hit])
        judged = Hits(
            served.cosine[hit],
            together([prompt[hit], prompt[served.source[hit]]]),
            cached_answers.mask(told.right),
            told.known,
            cached_answers.mask(told.judged),
            told.doubtful,
            labelled_hits.repeated(logged) | (prompt[hit] == prompt[served.source[hit]]),
            told.elsewhere,
        ).part(by_meaning)
        how = compared.name if vetoes and frames else f"{compared.name} with fewer vetoes"
        again = [cached_answers.asked_again(kind, differing) for kind in _by_kind(decided)]
        found = SemanticHits(
            asked=len(asked),
            readable=int((prompt != UNKNOWN).sum()),
            repeated=cached_answers.false_hits(repeated),
            similar=cached_answers.false_hits(similar),
            judge=judge,
            judged=int((judged.judged & ~judged.labelled).sum()),
            labelled=None if labels is None else labelled,
            wrong=wrong_share(judged, how, judge, only_right=labelled_hits.only_right(labels)),
            ambiguous=served.ambiguous,
            repeated_again=again[0],
            similar_again=again[1],
            threshold=threshold,
        )
        return Replayed(decided, found)

    def summary(self, parts: Sequence[SemanticHits]) -> dict[str, Any]:
        [found] = parts
        wrong, labelled = found.wrong, found.labelled
        told = {
            "requests_that_reach_the_cache": found.asked,
            "requests_whose_prompt_is_known": found.readable,
            "least_cosine_of_a_hit": found.threshold,
            "hits_on_the_same_prompt": found.repeated.hits - found.repeated_again,
            "hits_on_a_similar_prompt": found.similar.hits - found.similar_again,
            "hits_asked_again": found.repeated_again + found.similar_again,
            "no_hits_since_two_prompts_were_as_near": found.ambiguous,
            "false_share_of_similar_hits_estimated": wrong.share if wrong else None,
            "false_share_of_similar_hits_range": [wrong.low, wrong.high] if wrong else None,
            "similar_hits_with_a_label": labelled.compared if labelled else None,
            "false_share_of_labelled_hits": labelled.share if labelled else None,
            "similar_hits_judged_by_a_model": found.judged if found.judge else None,
            "judge_compared_with_labels": found.judge.compared if found.judge else None,
            "judge_differed_from_labels": found.judge.differed if found.judge else None,
            "similar_hits_with_both_answers_in_the_log": found.similar.compared,
            "share_of_those_whose_cached_answer_differs": found.similar.share,
        }
        return {**told, "notes": _notes(told, found.similar.hits)}


_NAMED = ("request_id", "prompt_hash", "prompt_text", "output_hash", "output_tokens")
"""What is still asked of the requests once they are numbered."""

KERNEL: Kernel[SemanticHits] = SemanticCaching()


def _with_numbers(requests: pa.Table | Stream, texts: Texts) -> pa.Table:
    """The requests, with a number in place of each prompt's text: the texts are taken in."""
    parts, places = [], []
    for some in batches(requests):
        places.append(texts.add(some["prompt_text"]))
        parts.append(some.drop_columns("prompt_text"))
    return pa.concat_tables(parts).append_column("prompt_text", texts.numbers(np.concatenate(places)))


def _by_kind(decided: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The hits on the same prompt, and those on another one."""
    by_meaning = decided["cosine"].is_valid()
    return decided.filter(pc.invert(by_meaning)), decided.filter(by_meaning)


def _notes(summary: dict[str, Any], hits: int) -> list[str]:
    name, notes = "semantic-caching", []
    asked, known = summary["requests_that_reach_the_cache"], summary["requests_whose_prompt_is_known"]
    if known < asked:
        notes.append(
            f"{name}: the prompt of {asked - known:,} of {asked:,} requests is not in the store, so only exact"
            " repetitions of them are found; see: llmcost ingest --keep-text"
        )
    if again := summary["hits_asked_again"]:
        save = "hit is asked again and saves" if again == 1 else "hits are asked again and save"
        notes.append(f"{name}: {again:,} {save} nothing")
    if hits:
        labelled = summary["similar_hits_with_a_label"]
        differs = summary["share_of_those_whose_cached_answer_differs"]
        differing = "" if differs is None else f"; of those with a logged answer, {differs:.1%} got a different one"
        notes.append(f"{name}: {_wrong(summary, hits, labelled)}{differing}")
        if labelled not in (None, hits):
            share = summary["false_share_of_labelled_hits"]
            measured = "" if share is None else f": {share:.1%} of these are wrong"
            notes.append(f"{name}: {labelled:,} of the {hits:,} hits on similar prompts have a label{measured}")
    return notes


def _judge(summary: dict[str, Any]) -> str:
    """How far the model is right that judged hits."""
    if not summary["similar_hits_judged_by_a_model"]:
        return ""
    compared, differed = summary["judge_compared_with_labels"], summary["judge_differed_from_labels"]
    if compared < FEWEST:
        return f"; the model's judgements count once you have labelled {FEWEST} of its pairs yourself"
    return f"; the model that judged pairs disagrees with {differed:,} of {compared:,} labels of people"


def _wrong(summary: dict[str, Any], hits: int, labelled: int | None) -> str:
    """How many of the hits on similar prompts are wrong, and how that is known."""
    share, (low, high) = summary["false_share_of_similar_hits_estimated"], summary["false_share_of_similar_hits_range"]
    between = f"{low:.1%} to {high:.1%}"
    if labelled == hits:
        return f"{share:.1%} of the hits on similar prompts are wrong, by their labels"
    if labelled or (summary["judge_compared_with_labels"] or 0) >= FEWEST:
        about = between if share is None else f"{share:.1%} ({between})"
        return f"{about} of the hits on similar prompts are wrong, by the labels ({LEVEL:.0%} range){_judge(summary)}"
    return (
        "without labels it is unknown how many hits on similar prompts are wrong; on judged traffic of other kinds up"
        f" to {high:.0%} were{_judge(summary)}"
    )


def _asked(requests: pa.Table, scope: str, latency_ms: float | None) -> Asked:
    """The requests that reach the cache; without a prompt_hash they repeat nothing."""
    user = codes(requests["user_id"]) if scope == "user" else np.zeros(len(requests), np.int64)
    exact_key = codes(requests["prompt_hash"])
    reaches = cached_answers.takes_part(requests) & (user != UNKNOWN) & ((exact_key != UNKNOWN) | readable(requests))
    row = np.flatnonzero(reaches)
    key = np.where(exact_key == UNKNOWN, NOBODY, together([exact_key, user]))
    return Asked(row, key[row], *cached_answers.sent_and_ready(requests, row, latency_ms))

"""Rewrites every case's expected output: `python -m tests.cases`."""

from tests.cases import cases, replayed, sampled_store

with sampled_store() as samples:
    for case in cases():
        case.write_text(replayed(case, samples), encoding="utf-8")

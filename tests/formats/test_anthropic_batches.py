"""Results of Message Batches, of which only the succeeded ones are billed."""

from pathlib import Path

from tests.formats.reading import check_refusals, read


def test_an_anthropic_batch(tmp_path: Path) -> None:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 9000, "cache_creation_input_tokens": 300,
             "output_tokens": 159, "service_tier": "batch"}  # fmt: skip
    message = {"id": "msg_1", "type": "message", "model": "claude-haiku-4-5", "usage": usage, "content": []}
    rows = [
        {"custom_id": "c1", "result": {"type": "succeeded", "message": message}},
        {"custom_id": "c2", "result": {"type": "errored", "error": {"error": {"type": "invalid_request_error"}}}},
        {"custom_id": "c3", "result": {"type": "expired"}},
        {"custom_id": "c4", "result": {"type": "canceled"}},
    ]
    found = read(tmp_path, rows)
    request = found.only()
    assert found.tokens() == [(3, 9000, 300, 0, 159)]
    assert (request["service_tier"], request["ts"], found.counts["no_call"]) == ("batch", None, 3)


def test_broken(tmp_path: Path) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "model": "claude-haiku-4-5", "usage": usage}
    row = {"custom_id": "c", "result": {"type": "succeeded", "message": message}}
    check_refusals(tmp_path, row, ("result", "message", "usage", "output_tokens"))

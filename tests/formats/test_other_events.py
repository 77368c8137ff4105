"""Events of other agents under the same names as a format's: they are no log of that format, and hide no spend."""

from pathlib import Path

import pytest

from llmcost.engine import store
from llmcost.errors import LlmcostError
from llmcost.ingest import run
from tests.formats.reading import read
from tests.logs import Row, write

AT = "2026-11-02T10:00:00Z"
USAGE = {"inputTokens": 900, "outputTokens": 50, "cacheReadTokens": 700, "cacheWriteTokens": 100}


@pytest.mark.parametrize(
    "events",
    [
        # GitHub Copilot's CLI
        [{"type": "session.start", "data": {"sessionId": "s"}, "timestamp": AT},
         {"type": "session.shutdown", "data": {"modelMetrics": {"gpt-5": {"usage": USAGE}}}, "timestamp": AT}],
        # an OpenCode server
        [{"type": "session.updated", "properties": {"info": {"id": "s"}}},
         {"type": "session.idle", "properties": {"tokens": USAGE}}],
        # CodeBuddy
        [{"id": "chatcmpl-1", "type": "function_call", "timestamp": 1793613600000, "sessionId": "s", "providerData": {
            "model": "claude-sonnet-4-6", "rawUsage": {"prompt_tokens": 900, "completion_tokens": 50}}}],
        # programs' own logs
        [{"id": "a", "timestamp": AT, "type": "info", "model": "gpt-4o", "prompt_tokens": 900, "completion_tokens": 50},
         {"id": "b", "timestamp": AT, "type": "info", "usage": USAGE}],
        [{"sessionId": "s", "type": "llm_call", "model": "gpt-4o", "inputTokens": 900, "outputTokens": 50},
         {"sessionId": "s", "type": "llm_call", "usage": USAGE}],
    ],
)  # fmt: skip
def test_events_of_other_agents(events: list[Row], tmp_path: Path) -> None:
    with store.in_memory() as opened, pytest.raises(LlmcostError, match="no format claims"):
        run.ingest(opened, [str(write(tmp_path / "events.jsonl", events))])


def test_analytics_of_another_program_in_aiders_form(tmp_path: Path) -> None:
    events = [{"event": "$ai_call", "properties": {"model": "gpt-4o", "$ai_input_tokens": 900}, "time": 1793613600},
              {"event": "launched", "properties": {"aider_version": "0.86"}, "time": 1793613601}]  # fmt: skip
    found = read(tmp_path, events)
    assert found.reasons == ["usage under a name that no format knows: ai_call.properties_tokens"]

"""Records each call of an Anthropic or OpenAI client as one line of llmcost's own log.

    from llmcost.track import track, context

    client = track(anthropic.Anthropic(), log="usage.jsonl", feature="search")
    with context(user_id="u-17", tags={"team": "core"}):
        client.messages.create(...)

Recording never raises into the application, never changes or delays an answer:
lines are made and written in a separate thread (`flush()` waits for it), and
what goes wrong is counted (`failures()`) and logged once. Needs nothing but the
standard library and the client that is tracked.
"""

from llmcost.track.clients import track
from llmcost.track.guard import failures
from llmcost.track.labels import context
from llmcost.track.worker import flush

__all__ = ["context", "failures", "flush", "track"]

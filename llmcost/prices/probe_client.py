"""Asks a server that speaks OpenAI's chat completions, one request at a time, and reads its usage."""

import json
from collections.abc import Mapping
from typing import Any

from llmcost.errors import LlmcostError
from llmcost.prices.probe import OUTPUT_TOKENS, Ask, Reply

_TIMEOUT_S = 60


def asking(base_url: str, key: str, model: str) -> Ask:
    """Sends prompts there. Raises LlmcostError where the answer is none, or has no usage."""
    return lambda text, cache_key: _reply(_post(f"{base_url.rstrip('/')}/chat/completions", key, {
        "model": model,
        "messages": [{"role": "system", "content": text}, {"role": "user", "content": "Say ok."}],
        "max_completion_tokens": OUTPUT_TOKENS,
        "prompt_cache_key": f"llmcost-probe-{cache_key}",
    }))  # fmt: skip


def _post(url: str, key: str, body: Mapping[str, Any]) -> Any:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    try:
        request = Request(url, json.dumps(body).encode(), headers)
        with urlopen(request, timeout=_TIMEOUT_S) as answer:
            return json.load(answer)
    except HTTPError as error:
        hint = "is the key right?" if error.code in (401, 403) else "what was sent before is billed"
        raise LlmcostError(f"{url} answers HTTP {error.code}", hint=hint) from None
    except (OSError, HTTPException, ValueError) as error:
        raise LlmcostError(f"{url} cannot be asked: {error}", hint="is --base-url right?") from None


def _reply(body: Any) -> Reply:
    usage = body.get("usage") if isinstance(body, dict) else None
    asked = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    if not isinstance(usage, dict) or not isinstance(asked, int):
        raise LlmcostError("the server's answer has no usage", hint="it must count prompt_tokens, as OpenAI's API does")
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return Reply(asked, cached if isinstance(cached, int) else 0)

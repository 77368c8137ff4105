"""What commands share that send requests of their own, which cost money: an address, a key, and somebody's consent."""

import os


def address(base_url: str, example: str) -> str:
    """The address of a server. Raises UsageError for what is none, with an example of one."""
    from llmcost.errors import UsageError

    if not base_url.startswith(("http://", "https://")):
        raise UsageError(f"--base-url {base_url} is not an address", hint=f"for example {example}")
    return base_url


def agreed_key(api_key_env: str, *, yes: bool) -> str:
    """The API key that a variable holds, once a person, or `yes`, agrees to send what was described.

    Raises LlmcostError without a key, and where nobody agrees.
    """
    from llmcost.errors import LlmcostError
    from llmcost.render import terminal

    if not (key := os.environ.get(api_key_env)):
        raise LlmcostError(f"${api_key_env} holds no API key", hint="set it, or name another with --api-key-env")
    if not yes and not terminal.confirmed("Send them?"):
        raise LlmcostError("nothing was sent", hint="answer y, or add --yes")
    return key

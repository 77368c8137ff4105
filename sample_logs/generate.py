"""Writes the sample logs and the truth about them: `python -m sample_logs.generate [--out FOLDER]`.

Standard library only. The same code writes the same text on every machine; see README.md for what it tells.
"""

import argparse
import json
from pathlib import Path

from sample_logs.generator import (
    agents,
    aider,
    anthropic,
    anthropic_batches,
    azure_trace,
    bedrock,
    claude_code,
    codex,
    cohere,
    gemini,
    helicone,
    langfuse,
    litellm,
    litellm_spend_logs,
    llmcost_log,
    mooncake,
    openai,
    openai_batch,
    openai_responses,
    openrouter_activity,
    opentelemetry,
    provider_usage,
)

HERE = Path(__file__).resolve().parent

WRITERS = {
    "llmcost": llmcost_log.write,
    "claude_code": claude_code.write,
    "litellm": litellm.write,
    "anthropic": anthropic.write,
    "openai": openai.write,
    "aider": aider.write,
    "codex": codex.write,
    "langfuse": langfuse.write,
    "opentelemetry": opentelemetry.write,
    "provider_usage": provider_usage.write,
    "mooncake": mooncake.write,
    "azure_trace": azure_trace.write,
    "litellm_spend_logs": litellm_spend_logs.write,
    "helicone": helicone.write,
    "openai_responses": openai_responses.write,
    "openai_batch": openai_batch.write,
    "anthropic_batches": anthropic_batches.write,
    "gemini": gemini.write,
    "bedrock": bedrock.write,
    "openrouter_activity": openrouter_activity.write,
    "cohere": cohere.write,
    "qwen_code": agents.qwen_code,
    "gemini_cli": agents.gemini_cli,
    "managed_agents": agents.managed_agents,
    "anthropic_stream": agents.anthropic_stream,
}


def generate(out: Path) -> None:
    """Writes one folder for each format, and expected.json."""
    truth = {}
    for folder, write in WRITERS.items():
        book = write()
        book.save(out / folder)
        truth[folder] = book.truth()
        print(f"{folder}: {truth[folder]['lines']:,} lines, {truth[folder]['calls']:,} calls")
    text = json.dumps({"folders": truth}, indent=2) + "\n"
    (out / "expected.json").write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample logs, the same ones every time.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into (default: this one)")
    generate(parser.parse_args().out)


if __name__ == "__main__":
    main()

"""ccusage, the reader of Claude Code logs that most people use: its native program, from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from benchmarks.measure import BenchmarkError, Command

VERSION = "20.0.24"


def install(data: Path) -> Path:
    """Its program under `data`, installed by npm the first time; BenchmarkError when there is none."""
    folder = data / f"ccusage_{VERSION}"
    if not _programs(folder):
        npm = shutil.which("npm")
        if npm is None:
            raise BenchmarkError("ccusage is not measured: npm is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"ccusage@{VERSION}"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(f"ccusage is not measured: npm could not install it: {done.stderr.strip()[-300:]}")
    programs = _programs(folder)
    if not programs:
        raise BenchmarkError("ccusage is not measured: npm has no native program of it for this machine")
    programs[0].chmod(0o755)  # the package leaves that to its launcher, which is not what is measured
    return programs[0]


def _programs(folder: Path) -> list[Path]:
    return sorted(folder.glob("node_modules/@ccusage/ccusage-*/bin/ccusage*"))


def daily(program: Path, home: Path) -> Command:
    """Its report by day over the sessions in `home`, with the prices it carries."""
    words = (str(program), "claude", "daily", "--offline", "--json", "--timezone", "UTC")
    return Command(words, {"CLAUDE_CONFIG_DIR": str(home)})


def tokens(program: Path, home: Path) -> dict[str, int]:
    """Its totals under llmcost's names."""
    total = json.loads(daily(program, home).output())["totals"]
    return {
        "input_tokens": total["inputTokens"],
        "cache_read_tokens": total["cacheReadTokens"],
        "cache_write_tokens": total["cacheCreationTokens"],
        "output_tokens": total["outputTokens"],
    }

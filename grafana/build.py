"""Write dashboards and pages from the declarations: `python -m grafana.build`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import feeds, formulas, keyspace, panels, pipeline, reference, trader
from monitor.core.discovery import declared
from monitor.metrics.base import Metric

FOLDER = Path(__file__).parent / "dashboards"


def families() -> dict[str, tuple[Metric, ...]]:
    """Return the declared metrics by the name of the file that declares them."""
    return dict(declared("monitor.metrics", "METRICS", tuple))


def boards(metrics: Mapping[str, tuple[Metric, ...]]) -> dict[str, str]:
    """Return the JSON text of each board by file name."""
    made = {"trader.json": trader.board(metrics), "pipeline.json": pipeline.board()}
    return {name: _text(board) for name, board in made.items()}


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in boards(families()).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER.name}/{name}\n")
    reference.FILE.write_text(reference.page(families()), encoding="utf-8")
    sys.stdout.write(f"docs/{reference.FILE.name}\n")
    feeds.FILE.write_text(feeds.page(), encoding="utf-8")
    sys.stdout.write(f"docs/{feeds.FILE.name}\n")
    page = formulas.FILE.read_text(encoding="utf-8")
    formulas.FILE.write_text(formulas.filled(page, families()), encoding="utf-8")
    sys.stdout.write(f"docs/{formulas.FILE.name}\n")
    keyspace.FILE.write_text(
        keyspace.filled(keyspace.FILE.read_text(encoding="utf-8")), encoding="utf-8"
    )
    sys.stdout.write(f"docs/{keyspace.FILE.name}\n")


def _text(board: panels.Board) -> str:
    plain = json.loads(JSONEncoder().encode(panels.build(board)))
    # Grafana gives the number itself; a fixed one would overwrite a stranger's board.
    plain["id"] = None
    return json.dumps(plain, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    main()

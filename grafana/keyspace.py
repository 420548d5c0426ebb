"""The table of docs/operations.md of all keys in Redis, from the list that `hashhedge schema redis` prints."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.core.clock import SECOND
from monitor.store.keys import Keys
from monitor.store.keyspace import FAMILIES

FILE = Path(__file__).parents[1] / "docs" / "operations.md"
_MARKED = re.compile(r"(<!-- keys -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """Return `page` with the table at its mark.

    Raises:
        ValueError: there is no mark, or there are several.

    """
    if len(_MARKED.findall(page)) != 1:
        raise ValueError("docs/operations.md: the table of keys needs one mark <!-- keys -->")
    return _MARKED.sub(lambda found: f"{found[1]}{_table()}{found[2]}", page)


def _table() -> str:
    keys = Keys()
    lines = [
        "",
        "| key | type | what is in it | kept | TTL | version |",
        "|---|---|---|---|---|---|",
    ]
    for it in FAMILIES:
        ttl = "" if it.ttl_ms is None else f"{it.ttl_ms // SECOND:,} s"
        key, holds = it.pattern(keys), it.holds.replace("|", "\\|")
        lines.append(f"| `{key}` | {it.kind} | {holds} | {it.kept} | {ttl} | {it.version} |")
    return "\n".join([*lines, "", ""])

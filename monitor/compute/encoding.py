"""What a step changed, as the cells that the commit writes. Hop 6, pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import starmap

from monitor.compute.cells import (
    SCHEMA,
    alert_cell,
    desk_cells,
    heard_cell,
    held_cell,
    history_cells,
    last_cell,
    late_cell,
    past_cell,
    quote_cell,
    reference_cell,
    revised_cell,
    split_cell,
    standing_cell,
    user_rule_cell,
)
from monitor.compute.changes import Changes
from monitor.compute.span_cells import extremes_cell
from monitor.store.flaws import refused_field


def encode_changes(changes: Changes) -> dict[str, bytes | None]:
    """Return the cells of what changed; schema and engine time are always among them."""
    cells: dict[str, bytes | None] = {"schema": SCHEMA, "now": str(changes.now).encode()}
    cells.update(map(quote_cell, changes.quotes))
    for changed, cell in (
        (changes.alerts, alert_cell),
        (changes.standing, standing_cell),
        (changes.late, late_cell),
        (changes.revised, revised_cell),
        (changes.ruled, split_cell),
        (changes.users, user_rule_cell),
        (changes.held, held_cell),
        (changes.heard, heard_cell),
        (changes.extremes, extremes_cell),
        (changes.lasts, last_cell),
        (changes.pasts, past_cell),
    ):
        if changed:
            cells.update(starmap(cell, changed.items()))
    cells.update(history_cells(changes.history))
    cells.update(desk_cells(changes.desk))
    if changes.reference is not None:
        cells.update((reference_cell(changes.reference),))
    return cells


def refused_by_hour(
    refused: Mapping[tuple[str, str], int], malformed: int, now: int
) -> dict[str, int]:
    """Return what a batch refused, by source and reason, as it is counted by the hour."""
    found = {refused_field(now, *why): times for why, times in refused.items()}
    if malformed:
        found[refused_field(now, "ingest", "malformed")] = malformed
    return found

"""What a step changed, as the cells that the commit writes. Hop 6, pure."""

from __future__ import annotations

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


def encode_changes(changes: Changes) -> dict[str, bytes | None]:
    """Return the cells of what changed; schema and engine time are always among them."""
    cells: dict[str, bytes | None] = {"schema": SCHEMA, "now": str(changes.now).encode()}
    cells.update(quote_cell(quote) for quote in changes.quotes)
    cells.update(alert_cell(name, alert) for name, alert in changes.alerts.items())
    cells.update(standing_cell(*item) for item in changes.standing.items())
    cells.update(history_cells(changes.history))
    cells.update(late_cell(*item) for item in changes.late.items())
    cells.update(revised_cell(*item) for item in changes.revised.items())
    cells.update(split_cell(*item) for item in changes.ruled.items())
    cells.update(desk_cells(changes.desk))
    cells.update(user_rule_cell(*item) for item in changes.users.items())
    cells.update(held_cell(*item) for item in changes.held.items())
    cells.update(heard_cell(*item) for item in changes.heard.items())
    cells.update(extremes_cell(*item) for item in changes.extremes.items())
    cells.update(last_cell(*item) for item in changes.lasts.items())
    cells.update(past_cell(*item) for item in changes.pasts.items())
    if changes.reference is not None:
        cells.update((reference_cell(changes.reference),))
    return cells

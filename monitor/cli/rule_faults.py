"""`hashhedge rules list --bad`: the rules that could not be evaluated in the running service."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.text import Text

from alerts.forms import owner_of
from alerts.model import AlertState
from alerts.reasons import Reason
from monitor.cli.output import sheet
from monitor.cli.reason_words import said
from monitor.compute.step import Step
from monitor.core.clock import iso

BROKEN = "broken"
"""Of a user's rule that cannot be bound at all: what it watches is not there any more."""


def faults(step: Step) -> list[dict[str, Any]]:
    """Return each rule and subject in error, with what went wrong last and since when.

    First those of users that cannot work any more: they are kept, and watch nothing.

    The step is one that has been restored: what failed is tried again on the values it had.
    """
    rows = [
        {
            "rule": name,
            "owner": owner_of(name),
            "subject": None,
            "state": BROKEN,
            "reason": reason,
            "since": None,
        }
        for name, reason in sorted(step.users.bench.broken.items())
    ]
    step.judge()
    why = {f"{rule.id}|{key}": reason for rule, key, reason in step.watch.composites.failures()}
    why |= step.watch.verdicts.faults.why
    for bound in step.watch.bindings():
        name, record = f"{bound.rule.id}|{bound.key}", bound.record
        broken = record is not None and record.state is AlertState.ERROR
        if not broken and name not in why:
            continue
        since = record.entered_at if broken and record is not None else None
        rows.append(
            {
                "rule": bound.rule.id,
                "owner": owner_of(bound.rule.id) or None,
                "subject": bound.key,
                "state": AlertState.INACTIVE.value if record is None else record.state.value,
                "reason": why.get(name, Reason.EXPRESSION_FAILED.value),
                "since": None if since is None else iso(since),
            }
        )
    return rows


def drawn(rows: list[dict[str, Any]]) -> Group:
    """Draw the rules in error."""
    if not rows:
        return Group(Text("every rule could be evaluated"))
    table = sheet("rule", "owner", "subject", "state", "since, UTC", "why")
    for row in rows:
        since = "-" if row["since"] is None else row["since"][:16].replace("T", " ")
        shown = (row["rule"], row["owner"] or "-", row["subject"] or "-", row["state"])
        table.add_row(*shown, since, said(row["reason"]))
    return Group(table)

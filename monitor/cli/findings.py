"""What `hashhedge doctor` finds, and what it finds of the feeds of a running service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.cli.reason_words import said
from monitor.domain.freshness import State
from monitor.store.client import connected
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys

PASS, WARN, FAIL = "pass", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and the one line that mends it."""

    group: str
    check: str
    result: str
    detail: str = ""
    fix: str = ""


async def feed_findings(url: str) -> list[Finding]:
    """Look at the feeds of the service that keeps its state in this Redis."""
    async with connected(url) as client:
        health = await FeedStore(client, Keys()).read()
    findings = []
    for feed, record in health.items():
        failures = record["failures"]
        if not failures:
            findings.append(_by_state(feed, record))
            continue
        never = record["last_success"] is None
        detail = f"{said(failures[-1]['reason'])}: {failures[-1]['message']}"
        fix = "is this machine online?" if failures[-1]["reason"] == "connection" else ""
        findings.append(Finding("feeds", feed, FAIL if never else WARN, detail, fix))
    return findings


def _by_state(feed: str, record: Mapping[str, Any]) -> Finding:
    """Return what is to say of a feed that has not failed; nobody may be there to ask it."""
    state, silence_ms = record["state"], record.get("unattended_ms", 0)
    detail = f"newest data is {state}"
    if state not in {State.STALE, State.DEAD}:
        return Finding("feeds", feed, PASS, detail)
    if silence_ms > record.get("budget_ms", 0):
        detail += f"; nobody has asked it for {silence_ms / 1_000:,.0f} s"
        return Finding("feeds", feed, WARN, detail, "start a process with the role feeds")
    return Finding("feeds", feed, WARN, detail, "`hashhedge feeds status` says since when")

"""What the step changed, as it hands it to the commit. Hop 5 to hop 6."""

from __future__ import annotations

from dataclasses import dataclass, field

from alerts.desk.user_rules import UserRule
from alerts.extremes import Span
from alerts.late import LateRecord
from alerts.model import Transition
from alerts.saved import SavedAlert
from alerts.signals.ring import Bar
from monitor.compute.cells import Reference, Remembered
from monitor.compute.history import HistoryChanges
from monitor.compute.splits import Ruled
from monitor.compute.standing import Memory
from monitor.domain.commands import Reply
from monitor.domain.events import Quote
from monitor.domain.flaws import FlawEvent
from monitor.domain.revisions import Revised


@dataclass(slots=True)
class Changes:
    """What the step changed since the last `take`: what the commit writes."""

    now: int
    quotes: list[Quote] = field(default_factory=list)
    alerts: dict[str, SavedAlert | None] = field(default_factory=dict)
    reference: Reference | None = None
    transitions: list[Transition] = field(default_factory=list)
    standing: dict[str, Memory] = field(default_factory=dict)
    history: HistoryChanges = field(default_factory=HistoryChanges)
    late: dict[str, LateRecord | None] = field(default_factory=dict)
    flaws: list[FlawEvent] = field(default_factory=list)
    revised: dict[tuple[str, str], Revised] = field(default_factory=dict)
    ruled: dict[str, tuple[Ruled, ...]] = field(default_factory=dict)
    held: dict[tuple[str, str], Quote | None] = field(default_factory=dict)
    heard: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pasts: dict[str, Bar | None] = field(default_factory=dict)
    extremes: dict[str, tuple[Span, ...] | None] = field(default_factory=dict)
    lasts: dict[str, tuple[float, int] | None] = field(default_factory=dict)
    desk: Remembered = field(default_factory=dict)
    users: dict[str, UserRule | None] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)

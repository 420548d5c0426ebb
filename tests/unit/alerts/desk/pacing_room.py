"""A pacer at work for the tests: alerts fire, end and are acknowledged, and time goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from alerts.acks import Ack
from alerts.desk.pacer import Pacer
from alerts.model import AlertState, Severity, Transition
from alerts.pacing.notify import PaceBook
from alerts.reasons import NoticeReason, Reason
from alerts.rules.threshold import ThresholdRule
from tests.transitions import transition
from tests.worlds import threshold

DAY = 86_400_000
MINUTE = 60_000
HOUR = 60 * MINUTE


def session_of(moment: int) -> int:
    """Open a session each day at midnight."""
    return moment // DAY * DAY


class Room:
    """What a pacer was told and what it said, with the desk's part played by the test."""

    def __init__(self, book: Mapping[str, object], **notify: Mapping[str, object]) -> None:
        """`notify` has the block of each rule, by the rule's id with `_` for `-`."""
        self.book = msgspec.convert(book, PaceBook)
        self.rules: list[ThresholdRule] = [
            threshold(id=name.replace("_", "-"), notify=block, above=1.0)
            for name, block in notify.items()
        ]
        self.pacer = Pacer(self.book, self.rules, session_of)
        self.pacer.begin()
        self.out: list[Transition] = []
        self.sent: list[tuple[int, Transition]] = []
        self.muted: dict[str, str] = {}
        self.now = 0
        self._episodes: dict[str, Transition] = {}

    def go(self, now: int) -> None:
        """Let time go on, timer by timer."""
        while (due := self.pacer.next_timer) is not None and due <= now:
            assert due >= self.now, "time does not run backwards"
            self.now = due
            self._send(self.pacer.run_timer(self.present, due))
        self.now = now

    def present(self, last: Transition) -> Transition:
        """Return an alert as it stands now."""
        return replace(last, muted_by=self.muted.get(last.name, ""))

    def take(self, change: Transition) -> None:
        """Hand in one change."""
        self.go(max(self.now, change.at))
        self._send(self.pacer.take([change], self.now))

    def _send(self, notices: list[Transition]) -> None:
        self.out += notices
        self.sent += ((self.now, notice) for notice in notices)

    def fire(
        self, rule: str, key: str = "RIOT", severity: Severity = Severity.WARNING, **more: Any
    ) -> None:
        """Let an alert fire; what the desk says of it is in `muted`."""
        name = f"{rule}|{key}"
        earlier = self._episodes.get(name)
        # an episode of one moment is over: the next begins a millisecond later at the soonest
        if earlier is not None and earlier.since == self.now:
            self.go(self.now + 1)
        fired = transition(
            rule=rule,
            key=key,
            severity=severity,
            at=self.now,
            since=self.now,
            notice=NoticeReason.NEW,
            muted_by=self.muted.get(name, ""),
            **more,
        )
        self._episodes[name] = fired
        self.take(fired)

    def change(self, rule: str, key: str = "RIOT", **changes: Any) -> None:
        """Let something else happen in the episode of an alert."""
        name = f"{rule}|{key}"
        last = self._episodes[name]
        number = last.number + 1
        plain: dict[str, Any] = {
            "number": number,
            "at": self.now,
            "from_state": last.to_state,
            "notice": None,
        }
        self._episodes[name] = replace(last, id=f"{last.id}{number}", **plain | changes)
        self.take(self._episodes[name])

    def resolve(self, rule: str, key: str = "RIOT") -> None:
        """Let an alert end."""
        muted = self.muted.get(f"{rule}|{key}", "")
        end = {"to_state": AlertState.RESOLVED, "notice": NoticeReason.RESOLVED, "ack": None}
        self.change(rule, key, **end, muted_by=muted)

    def acknowledge(self, rule: str, key: str = "RIOT") -> None:
        """Let somebody take an alert on."""
        ack = Ack(by="ana", note="", at=self.now)
        self.muted[f"{rule}|{key}"] = "ack"
        self.change(rule, key, ack=ack, reason=Reason.ACKNOWLEDGED)

    def restart(self) -> None:
        """Lose the process: what was stored comes back, in the form in which it is stored."""
        memory = msgspec.json.decode(
            msgspec.json.encode(self.pacer.memory), type=type(self.pacer.memory)
        )
        self.pacer = Pacer(self.book, self.rules, session_of)
        self.pacer.restore(memory)
        self.pacer.begin()

    def reload(self, book: Mapping[str, object], **notify: Mapping[str, object]) -> None:
        """Go on with other books."""
        other = Room(book, **notify)
        self.book, self.rules = other.book, other.rules
        self.restart()

    def told(self) -> list[tuple[int, str]]:
        """Return what people were told: when, and why."""
        return [(it.at, it.notice.value) for it in self.out if it.told and it.notice is not None]

    def held(self) -> list[str]:
        """Return why news was held, in order."""
        return [it.muted_by for it in self.out if it.notice is not None and it.muted_by]

"""Transitions and readings made into payloads. Pure: the caller says what time it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import msgspec

from alerts.acks import Ack
from alerts.forms import owner_of
from alerts.model import AlertState, Line, Transition
from alerts.pacing.occurrences import dedup_key
from alerts.reasons import NoticeReason, Reason
from alerts.schemas.origin import Origin, links
from alerts.schemas.payloads import (
    AckNow,
    AlertEvent,
    AlertStateNow,
    CompanyState,
    FeedState,
    LineNow,
    MarketState,
    QualityWord,
    ReadingNow,
    SessionWord,
    StatusDetail,
)
from alerts.topics import EVENT_LIFETIME
from monitor.core.clock import Millis, iso
from monitor.domain.events import Quality, Reading


class Stamp(msgspec.Struct, frozen=True):
    """What the publisher adds to each message: its run, the topic's count, the wall time, its end."""

    run: str
    seq: int
    sent_at: Millis
    expires_at: Millis | None = None


Common: TypeAlias = dict[str, Any]
"""Fields of a message by name."""

_LACKING = frozenset({Reason.INPUT_UNUSABLE, Reason.NO_DATA_ALERT})
_WRONG: Mapping[str, Reason] = {it.word: Reason(it.word) for it in Quality if not it.usable}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who publishes: the instance, the fixed client id, this run and when it began (ms UTC)."""

    instance: str
    client_id: str
    run: str
    version: str
    since: Millis


def expires_at(transition: Transition) -> Millis:
    """Return the moment after which the news of `transition` is not worth sending, ms UTC."""
    return transition.at + EVENT_LIFETIME[transition.severity]


def alert_event(
    transition: Transition, stamp: Stamp, origin: Origin, common: Common | None = None
) -> AlertEvent:
    """Return the event payload of one transition; `common` is what its messages share."""
    return AlertEvent(
        **(common or common_of(transition, origin)),
        seq=stamp.seq,
        run=stamp.run,
        sent_at=iso(stamp.sent_at),
        type=f"alert.{transition.to_state.value}",  # type: ignore[arg-type] # one per AlertState
        notice=transition.notice or NoticeReason.NEW,
        duration_s=transition.duration_s,
        min=transition.min,
        max=transition.max,
        members=transition.members,
        lines=tuple(_line(line) for line in transition.lines),
        more=transition.more,
        expires_at=iso(expires_at(transition)),
        number=transition.number,
        rule_version=transition.rule_version,
        inputs=transition.inputs,
        links=links(transition, origin),
    )


def alert_state(
    transition: Transition, stamp: Stamp, origin: Origin, common: Common | None = None
) -> AlertStateNow:
    """Return the state payload after one transition; `common` is what its messages share."""
    shared = common or common_of(transition, origin)
    sent_at = iso(stamp.sent_at)
    return AlertStateNow(**shared, seq=stamp.seq, run=stamp.run, sent_at=sent_at)


def common_of(transition: Transition, origin: Origin) -> Common:
    """Return what event and state of one transition say alike: all but their stamps."""
    value, bound = transition.value, transition.bound
    observed_at = transition.observed_at
    return {
        "id": transition.id,
        "time": iso(transition.at),
        "severity": transition.severity.value,
        "state": _state(transition),
        "reason": _reason(transition),
        "rule": transition.rule,
        "owner": owner_of(transition.rule) or None,
        "key": transition.key,
        "dedup_key": dedup_key(transition.rule, transition.rule_version, transition.labels),
        "count": transition.count,
        "company": transition.whom or None,
        "labels": transition.labels,
        "target": transition.target,
        "value": value,
        "unit": transition.unit,
        "threshold": bound,
        "distance": None if value is None or bound is None else value - bound,
        "quality": transition.quality,
        "last_value": transition.last_value,
        "last_value_at": None if transition.last_at is None else iso(transition.last_at),
        "since": iso(transition.since),
        "observed_at": None if observed_at is None else iso(observed_at),
        "session": transition.session or None,
        "summary": transition.summary,
        "flags": transition.flags,
        "muted_by": transition.muted_by,
        "ack": _ack(transition.ack),
        "test": transition.test,
        "replay": origin.replay,
    }


def _reason(transition: Transition) -> Reason:
    """Return why it changed: for lack of data, what is wrong with it; `notice` says that it is told."""
    lacking = transition.reason in _LACKING
    return _WRONG.get(transition.quality, transition.reason) if lacking else transition.reason


def line_now(transition: Transition) -> LineNow:
    """Return one change as a line in a message about several."""
    return LineNow(
        id=transition.id,
        rule=transition.rule,
        key=transition.key,
        severity=transition.severity.value,
        state=_state(transition),  # type: ignore[arg-type]  # one word per AlertState, and acked
        time=iso(transition.at),
        value=transition.value,
        unit=transition.unit,
        summary=transition.summary,
    )


def _line(line: Line) -> LineNow:
    return LineNow(
        id=line.id,
        rule=line.rule,
        key=line.key,
        severity=line.severity.value,
        state="acked" if line.acked else line.state.value,
        time=iso(line.at),
        value=line.value,
        unit=line.unit,
        summary=line.summary,
    )


def _state(transition: Transition) -> str:
    """Return where an alert stands; one that fires and that somebody has taken on is acked."""
    if transition.ack is not None and transition.to_state is AlertState.FIRING:
        return "acked"
    return transition.to_state.value


def _ack(ack: Ack | None) -> AckNow | None:
    if ack is None:
        return None
    until = "resolved" if ack.until is None else iso(ack.until)
    return AckNow(by=ack.by, note=ack.note, at=iso(ack.at), until=until)


def status_detail(
    *,
    online: bool,
    reason: Literal["started", "stopped"],
    publisher: Publisher,
    protocol: Literal["5.0", "3.1.1"],
    sent_at: Millis,
) -> StatusDetail:
    """Return the JSON twin of `online` or `offline`."""
    return StatusDetail(
        status="online" if online else "offline",
        reason=reason,
        instance=publisher.instance,
        client_id=publisher.client_id,
        run=publisher.run,
        version=publisher.version,
        protocol=protocol,
        sent_at=iso(sent_at),
        since=iso(publisher.since),
    )


def reading_now(reading: Reading, unit: str) -> ReadingNow:
    """Return one reading with its unit; a value nobody may use stays null with its reason."""
    return ReadingNow(
        value=reading.value,
        unit=unit,
        quality=cast("QualityWord", reading.quality.word),
        reason=reading.reason,
        observed_at=_moment(reading.observed_at),
    )


def company_state(
    company: str,
    readings: Mapping[str, tuple[Reading, str]],
    stamp: Stamp,
    *,
    computed_at: Millis,
) -> CompanyState:
    """Return one company's state; `readings` maps metric name to (reading, unit)."""
    return CompanyState(
        seq=stamp.seq,
        run=stamp.run,
        sent_at=iso(stamp.sent_at),
        expires_at=_moment(stamp.expires_at),
        company=company,
        time=iso(computed_at),
        readings={name: reading_now(*readings[name]) for name in sorted(readings)},
    )


def market_state(
    instrument: str,
    reading: ReadingNow,
    stamp: Stamp,
    *,
    sources: tuple[str, ...],
    session: SessionWord | None,
    agreed_at: Millis,
) -> MarketState:
    """Return one instrument's last good value; `session` is None where it never closes."""
    return MarketState(
        seq=stamp.seq,
        run=stamp.run,
        sent_at=iso(stamp.sent_at),
        expires_at=_moment(stamp.expires_at),
        instrument=instrument,
        time=iso(agreed_at),
        reading=reading,
        sources=sources,
        session=session,
    )


def feed_state(
    feed: str,
    stamp: Stamp,
    *,
    state: str,
    reason: str,
    changed_at: Millis,
    last_success_at: Millis | None,
) -> FeedState:
    """Return the health of one feed; `state` is the age of its newest data, `reason` what fails."""
    return FeedState(
        seq=stamp.seq,
        run=stamp.run,
        sent_at=iso(stamp.sent_at),
        feed=feed,
        time=iso(changed_at),
        state=state,
        healthy=not reason,
        reason=reason,
        last_success_at=_moment(last_success_at),
    )


def _moment(at: Millis | None) -> str | None:
    return None if at is None else iso(at)

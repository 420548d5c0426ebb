"""Transitions for the tests: one plain one, and a hypothesis strategy of all kinds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.identity import transition_id
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import NoticeReason, Reason

AT = 1_768_229_760_000
"""2026-01-12T14:56:00.000Z."""

_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=0, max_size=12)
_NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32)
_MOMENTS = st.integers(min_value=0, max_value=4_102_444_800_000)


def transition(**changes: Any) -> Transition:
    """Return RIOT's margin alert as it starts to fire, with `changes`.

    Another `key` is another company; the id follows the identity. What is news by itself is told,
    unless `notice` or `muted_by` say otherwise.
    """
    if "key" in changes:
        changes = {"labels": {"company": changes["key"]}, **changes}
    base = Transition(
        id="",
        rule="margin-low",
        rule_version="3f2a",
        labels={"company": "RIOT"},
        key="RIOT",
        severity=Severity.CRITICAL,
        target="mining_margin_ratio",
        unit="ratio",
        from_state=AlertState.PENDING,
        to_state=AlertState.FIRING,
        reason=Reason.HELD_FOR,
        value=0.08,
        bound=0.1,
        at=AT,
        since=AT - 300_000,
        number=1,
        observed_at=AT - 2_000,
        summary="RIOT mining margin 8 % is below 10 %",
        inputs=({"name": "hashprice_usd_ph_day", "value": 41.2, "age_s": 2.0},),
    )
    made = replace(base, **changes)
    if "notice" not in changes and made.notifies:
        ended = made.to_state is AlertState.RESOLVED
        made = replace(made, notice=NoticeReason.RESOLVED if ended else NoticeReason.NEW)
    if "id" in changes:
        return made
    identity = (made.rule, made.rule_version, made.labels, made.since, made.number)
    return replace(made, id=transition_id(*identity))


def resolved(fired: Transition, **changes: Any) -> Transition:
    """Return the transition that ends the episode of `fired`."""
    return transition(
        **{
            "labels": fired.labels,
            "key": fired.key,
            "rule": fired.rule,
            "from_state": AlertState.FIRING,
            "to_state": AlertState.RESOLVED,
            "reason": Reason.RECOVERED,
            "number": fired.number + 1,
            "at": fired.at + 60_000,
            "since": fired.since,
            "value": 0.12,
            **changes,
        }
    )


def any_transition() -> st.SearchStrategy[Transition]:
    """Return a strategy of transitions with any words and numbers in them."""
    return st.builds(
        transition,
        rule=_WORDS,
        key=_WORDS,
        labels=st.dictionaries(_WORDS, _WORDS, max_size=3),
        severity=st.sampled_from(Severity),
        to_state=st.sampled_from(AlertState),
        reason=st.sampled_from(Reason),
        value=_NUMBERS,
        bound=_NUMBERS,
        at=_MOMENTS,
        since=_MOMENTS,
        observed_at=st.none() | _MOMENTS,
        number=st.integers(min_value=1, max_value=1_000_000),
        summary=_WORDS,
        test=st.booleans(),
    )

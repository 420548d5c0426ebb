"""A file of rule tests as people write it: inputs over time, wishes, and what must become of them.

Nothing is known but what the file says, so that a test means the same in ten years: `books: true`
takes the figures of the company books as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason, Reason
from monitor.core.durations import duration_ms
from monitor.domain.sessions import SessionState

MAX_SAMPLES = 100_000
"""How many quotes a file's tests may tell in all."""
START = "2026-01-12T15:00Z"
"""A Monday, half an hour after the exchange has opened."""

_NUMBER = r"[-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_PART = re.compile(rf"(?P<first>{_NUMBER}|_)(?:>(?P<last>{_NUMBER}))?(?:x(?P<times>[1-9][0-9]*))?")

Duration = str


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source that tells one instrument, a value after another.

    Attributes:
        instrument: as a rule names it; `RIOT.power_price_usd_kwh` is a company's live figure.
        values: one after another, with spaces between: `100`, `100x5` (five times), `100>90x5`
            (five steps on a straight line, the last of which is 90), `_` (nothing is said).
        at: when the first is said, after the start.
        every: how far apart they are.
        fresh: how long each counts; if not given, twice `every`, or what is usual for its kind if
            that is longer.
        source: who says so.
        delay: how late by contract.
        session: of a share's price; the exchange's calendar says it if not given.
        period: the day of a daily figure, the same for all values.
        note: words of the source.
        past: it is told at the start, of the time before it: `at` is then how long ago the first was.

    """

    instrument: str
    values: str | float
    at: Duration = "0s"
    every: Duration = "1m"
    fresh: Duration | None = None
    source: str = "test"
    delay: Duration = "0s"
    session: SessionState | None = None
    period: str = ""
    note: str = ""
    past: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no list of values, and times that cannot be read."""
        for text in (self.at, self.every, self.delay, self.fresh or "0s"):
            duration_ms(text)
        self.samples()

    def samples(self) -> list[Decimal | None]:
        """Return the values, None where nothing is said.

        Raises:
            ValueError: a part of them is no value; the message says which.

        """
        found: list[Decimal | None] = []
        for word in str(self.values).split():
            part = _PART.fullmatch(word)
            if part is None or (part["first"] == "_" and part["last"]):
                raise ValueError(f"`{word}` is no value: write 100, 100x5, 100>90x5 or _")
            times = int(part["times"] or 1)
            if len(found) + times > MAX_SAMPLES:
                raise ValueError(f"more than {MAX_SAMPLES} values")
            found += _spread(part["first"], part["last"], times)
        if not found:
            raise ValueError("`values` is empty")
        return found


def _spread(first: str, last: str | None, times: int) -> list[Decimal | None]:
    if first == "_":
        return [None] * times
    begin = Decimal(first)
    if last is None:
        return [begin] * times
    way = Decimal(last) - begin
    return [begin + way * step / times for step in range(1, times + 1)]


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person asks at a moment: exactly one of ack, unack, silence and maintenance.

    Attributes:
        at: when, after the start.
        by: who.
        ack: the alert that is taken on, `rule|key`.
        unack: the alert that is given back.
        silence: what is hidden: label, rule or severity to its value.
        maintenance: the feed that is worked on.
        lasts: how long; until it resolves, for an ack without it; 1h for the others.
        note: the reason.

    """

    at: Duration
    by: str = "test"
    ack: str = ""
    unack: str = ""
    silence: Mapping[str, str] | None = None
    maintenance: str = ""
    lasts: Duration | None = None
    note: str = "test"

    def __post_init__(self) -> None:
        """Refuse two wishes in one, none, and an alert without a key."""
        duration_ms(self.at)
        duration_ms(self.lasts or "0s")
        given = [self.ack, self.unack, self.silence, self.maintenance]
        if sum(bool(it) for it in given) != 1:
            raise ValueError("give exactly one of `ack`, `unack`, `silence` and `maintenance`")
        if any(it and "|" not in it for it in (self.ack, self.unack)):
            raise ValueError("an alert is written as rule|key: margin-thin|RIOT")


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change that must happen. What is left out is not compared.

    Attributes:
        at: event time after the start.
        rule: the rule's id, or the word of a message about several (`digest`, `overflow`).
        to: the state it comes to.
        key: its subject.
        from_: the state before, `from` in the file.
        reason: why.
        notice: why it is told.
        muted_by: why it is not; empty: it is told.
        severity: how loud.
        value: of its input, to nine digits.
        text: the sentence; `...` stands for anything.
        inbox: whose inbox it goes to.

    """

    at: Duration
    rule: str
    to: AlertState = AlertState.FIRING
    key: str | None = None
    from_: AlertState | None = msgspec.field(name="from", default=None)
    reason: Reason | None = None
    notice: NoticeReason | None = None
    muted_by: str | None = None
    severity: Severity | None = None
    value: float | None = None
    text: str | None = None
    inbox: str | None = None

    def __post_init__(self) -> None:
        """Refuse a time that cannot be read."""
        duration_ms(self.at)


Figures = Mapping[str, Mapping[str, float]]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test.

    Attributes:
        name: what it shows, in words.
        expect: every change of those shown, in any order within a moment; empty: there is none.
        only: the rules that are loaded; all of the rulebook if not given.
        start: event time of its beginning, UTC.
        figures: company figures, over those of the file.
        inputs: beside those of the file.
        commands: what people ask meanwhile.
        until: how long it goes on; if not given, to its last input, wish or expectation.
        show: `told` compares what people are told, `all` every change.

    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    expect: tuple[Expected, ...]
    only: tuple[str, ...] = ()
    start: str = ""
    figures: Figures = {}
    inputs: tuple[Input, ...] = ()
    commands: tuple[Wish, ...] = ()
    until: Duration | None = None
    show: Literal["told", "all"] = "told"

    def __post_init__(self) -> None:
        """Refuse a time that cannot be read."""
        duration_ms(self.until or "0s")


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of tests.

    Attributes:
        tests: in their order.
        rules: the rulebook, from the folder of the file; the default one if not given.
        start: of the tests that say nothing else.
        companies: the companies there are; all of the books if not given.
        books: take the figures of the company books where the file has none.
        figures: company figures of all tests.
        inputs: of all tests.

    """

    tests: Annotated[tuple[Case, ...], msgspec.Meta(min_length=1)]
    rules: str = ""
    start: str = START
    companies: tuple[str, ...] = ()
    books: bool = False
    figures: Figures = {}
    inputs: tuple[Input, ...] = ()

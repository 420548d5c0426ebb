"""A rule test as the step sees it: ticks in order of time, and the end. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from monitor.core.clock import HOUR, Millis
from monitor.core.durations import duration_ms
from monitor.domain.commands import (
    AckAlert,
    Action,
    AddMaintenance,
    AddSilence,
    Command,
    Place,
    UnackAlert,
)
from monitor.domain.events import Quote, Tick
from monitor.domain.symbols import symbol_of
from monitor.tuning.script import Case, Input, Wish


@dataclass(frozen=True, slots=True)
class Stage:
    """What is played in one test.

    Attributes:
        ticks: in order of time; quotes of one moment came together, wishes after them.
        end: the moment up to which timers run.

    """

    ticks: tuple[Tick, ...]
    end: Millis


def staged(case: Case, inputs: Sequence[Input], start: Millis, shares: Container[str]) -> Stage:
    """Return a test's ticks; `inputs` are the file's and its own, `shares` the tickers there are."""
    quotes: dict[Millis, list[Quote]] = {start: []}
    for entry in inputs:
        _tell(quotes, entry, start, shares)
    wishes: dict[Millis, list[Command]] = {}
    for number, wish in enumerate(case.commands):
        at = start + duration_ms(wish.at)
        wishes.setdefault(at, []).append(_command(wish, at, f"wish-{number}"))
    moments = sorted({*quotes, *wishes})
    ticks = tuple(
        Tick(f"{at}-0", at, tuple(quotes.get(at, ())), commands=tuple(wishes.get(at, ())))
        for at in moments
    )
    last = max([moments[-1], *(start + duration_ms(it.at) for it in case.expect)])
    return Stage(ticks, last if case.until is None else start + duration_ms(case.until))


def _tell(
    quotes: dict[Millis, list[Quote]], entry: Input, start: Millis, shares: Container[str]
) -> None:
    """Add what one source says."""
    delay, every, offset = (duration_ms(it) for it in (entry.delay, entry.every, entry.at))
    first = start - offset if entry.past else start + offset
    usual = symbol_of(entry.instrument, shares).fresh_ms
    fresh = max(2 * every, usual) if entry.fresh is None else duration_ms(entry.fresh)
    for place, value in enumerate(entry.samples()):
        at = first + place * every
        if value is None or (entry.past and at >= start):
            continue
        quote = Quote(
            instrument=entry.instrument,
            value=value,
            observed_at=at - delay,
            source=entry.source,
            received_at=start if entry.past else at,
            fresh_ms=fresh,
            note=entry.note,
            backfilled=entry.past,
            period=entry.period,
            delay_ms=delay,
            session=entry.session,
        )
        quotes.setdefault(start if entry.past else at, []).append(quote)


def _command(wish: Wish, at: Millis, name: str) -> Command:
    return Command(id=name, by=wish.by, action=_action(wish, at))


def _action(wish: Wish, at: Millis) -> Action:
    until = at + (HOUR if wish.lasts is None else duration_ms(wish.lasts))
    if wish.silence:
        return AddSilence(match=wish.silence, until=until, reason=wish.note)
    if wish.maintenance:
        return AddMaintenance(
            place=Place.FEED, feed=wish.maintenance, begin=at, until=until, reason=wish.note
        )
    rule, _, key = (wish.ack or wish.unack).partition("|")
    if wish.unack:
        return UnackAlert(rule=rule, key=key)
    return AckAlert(rule=rule, key=key, note=wish.note, until=until if wish.lasts else None)

"""What a rulebook may say and yet may be a slip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alerts.forms import owner_of
from alerts.model import News
from alerts.rulebook import Rulebook
from alerts.rules.base import Rule
from alerts.rules.expression import VALUE, ExpressionRule, Source
from alerts.rules.life import NoData
from alerts.series import Target
from alerts.signals.base import Signal
from alerts.signals.windows import Change
from monitor.core.clock import Millis, iso
from monitor.core.mends import nearest
from monitor.domain.agenda import NO_EVENTS, Agenda

LIKELY_PERCENT = 5.0
"""A ratio of 500 % is rare, and a level of 5 % is not."""
LIKELY_CHANGE = 1.0
"""A change of 100 % within a window is rare, and of a fall it is all that there can be."""


def doubts_about(
    book: Rulebook, known: Mapping[str, Target], agenda: Agenda = NO_EVENTS
) -> list[str]:
    """Return what is allowed and yet may be a slip.

    That is an instrument that no feed of ours quotes, a percentage where a fraction belongs, an
    event of which the calendar has no date, a condition that does not read what it is given, and a
    move that shall tell of lost data.
    """
    return [
        *_percentages(book, known),
        *_strangers(book, known),
        *_undated(book, agenda),
        *_unread(book),
        *_speechless(book),
    ]


def untimely(book: Rulebook, now: Millis) -> list[str]:
    """Return what a rulebook dates on the wrong side of `now` (ms UTC), and what comes of it."""
    return [
        f"{book.where(number)}: rule `{rule.id}` {slip}"
        for number, rule in enumerate(book.rules)
        for slip in _untimely(rule, now)
    ]


def _untimely(rule: Rule, now: Millis) -> Iterator[str]:
    notify = rule.notify
    if notify is not None and notify.expires_at is not None and notify.expires_at <= now:
        yield f"expired at {iso(notify.expires_at)}: it is judged, and tells nobody"
    if rule.as_of is not None and rule.as_of.isoformat() > iso(now)[:10]:
        yield f"has levels as of {rule.as_of}, which is to come: splits before that day do not move them"


def _unread(book: Rulebook) -> Iterator[str]:
    """Yield conditions that leave out a value that they are given; `value` may be left out."""
    for number, rule in enumerate(book.rules):
        if not isinstance(rule, ExpressionRule):
            continue
        read = {it for it in (VALUE, *rule.inputs) if rule.input_edges(it) != ()}
        where = f"{book.where(number)}: rule `{rule.id}`"
        if not read and not rule.clocked:
            yield f"{where} reads no value in `when`: it holds always, or never"
            continue
        for name in sorted(rule.inputs.keys() - read):
            yield f"{where} has the input `{name}`, which `when` does not read"


def _speechless(book: Rulebook) -> Iterator[str]:
    """Yield moves that shall tell of lost data: a move is told at one moment, and has no state to lose."""
    for number, rule in enumerate(book.rules):
        if rule.no_data is NoData.ALERT and rule.stride() is not None:
            yield f"{book.where(number)}: rule `{rule.id}` tells moves, and no loss of data; write an `absence` rule on `{rule.on}` beside it"


def absent(book: Rulebook) -> Iterator[str]:
    """Yield what names a rule that a whole book has not: it mutes nothing, or nothing mutes it."""
    matches = [(f"quiet `{it.name}`", it.match) for it in book.desk.quiet]
    for number, it in enumerate(book.desk.inhibit, 1):
        matches += [
            (f"inhibit {number}, source", it.source),
            (f"inhibit {number}, target", it.target),
        ]
    named = [(what, match["rule"]) for what, match in matches if "rule" in match]
    there = {rule.id for rule in book.rules} | set(News) if named else set[str]()
    for what, rule in named:
        if rule not in there and not owner_of(rule):
            yield f"{book.name}: {what} names the rule `{rule}`, which there is not ({nearest(rule, sorted(there))})"


def repainting(book: Rulebook) -> list[str]:
    """Return the rules that are judged by a bar that still runs: on whole bars they look better."""
    return [
        f"{book.where(number)}: rule `{rule.id}` repaints: {why}; it may fire within a bar and be gone "
        "at its close, which a history of whole bars does not show"
        for number, rule in enumerate(book.rules)
        if (why := repaints(rule))
    ]


def repaints(rule: Rule) -> str:
    """Return what of a rule is taken from a bar that still runs, in words; empty: nothing is."""
    signal = rule.signal()
    return "" if signal is None else signal.repaints


def _undated(book: Rulebook, agenda: Agenda) -> list[str]:
    return [
        f"{book.where(number)}: rule `{rule.id}` names `{window.event}`, of which the calendar has "
        f"no date: {'it is never judged' if window in rule.required else 'it excludes nothing'}"
        for number, rule in enumerate(book.rules)
        for window in rule.windows
        if window.event in agenda.names and window.event not in agenda.dated
    ]


def _percentages(book: Rulebook, known: Mapping[str, Target]) -> list[str]:
    found: list[str] = []
    for number, rule in enumerate(book.rules):
        unlikely = (it for it, likely in _fractions(rule, known) if abs(it) >= likely)
        level = max(unlikely, key=abs, default=None)
        if level is not None:
            found.append(
                f"{book.where(number)}: rule `{rule.id}` has the level {level:g}, and ratios are "
                f"fractions; did you mean {level / 100:g}?"
            )
    return found


def _fractions(rule: Rule, known: Mapping[str, Target]) -> Iterator[tuple[float, float]]:
    """Yield the levels of a rule that are held against ratios, each with what it is likely below."""
    stride, target = rule.stride(), known.get(rule.on)
    if stride is not None:
        if stride.measure == "percent":
            strides = (it for it in (stride.up, stride.down) if it is not None)
            yield from ((it, LIKELY_CHANGE) for it in strides)
    elif isinstance(rule, ExpressionRule):
        for source in (Source(VALUE, rule.on, None, None), *rule.sources()):
            if _is_ratio(known.get(source.on), source.signal):
                levels = rule.input_edges(source.name) or ()
                yield from ((it, _likely(source.signal)) for it in levels)
    elif _is_ratio(target, rule.signal()):
        yield from ((it, _likely(rule.signal())) for it in rule.edges())


def _likely(signal: Signal | None) -> float:
    return LIKELY_CHANGE if isinstance(signal, Change) else LIKELY_PERCENT


def _is_ratio(target: Target | None, signal: Signal | None) -> bool:
    of = "" if target is None else target.unit
    return (of if signal is None else signal.unit(of)) == "ratio"


def _strangers(book: Rulebook, known: Mapping[str, Target]) -> list[str]:
    return [
        f"{book.where(number)}: rule `{rule.id}` {'watches' if name == rule.on else 'reads'} "
        f"`{name}`, which no feed quotes; it must come by the ingest contract ({_meant(name, known)})"
        for number, rule in enumerate(book.rules)
        for name in dict.fromkeys(rule.reads())
        if name not in known
    ]


def _meant(name: str, known: Mapping[str, Target]) -> str:
    """Return what may be meant by a name: what a book says of a company goes by another."""
    owner, _, figure = name.partition(".")
    target = known.get(figure)
    if target is not None and owner in (target.companies or ()):
        return f"what the book of {owner} says is `{figure}` of company {owner}"
    return nearest(name, list(known))

"""What a rule did on a history, in numbers that tell whether it is worth having. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from alerts.rule_doubts import repaints
from alerts.rules.base import Rule
from monitor.core.clock import DAY
from monitor.tuning.episodes import Episode
from monitor.tuning.moves import Aim, Course, Move
from monitor.tuning.watching import Past, Span

WEEK = 7 * DAY

ReferenceOf = Callable[[str], str]
"""The instrument whose moves an alert on a subject shall come before."""


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What one rule did, for all its subjects together.

    Attributes:
        rule: its id.
        severity: how loud.
        repaints: why it may fire otherwise live than on bars; empty: it does not.
        subjects: for whom it stood.
        fires: how often it fired, told or not.
        told: messages sent: fires, ends, repeats.
        per_week: messages a week of the history; None if that has no length.
        muted: fires that were not told, by what kept them quiet.
        muted_no_data: losses of its value that were to be told and were not, likewise.
        firing: episodes that go on at the end.
        lasted_ms: median length of an episode that is over.
        longest_ms: the longest.
        unknown: when it had no value.
        hits: fires that a move followed.
        misfires: fires that none followed, though the history went on long enough.
        false_ratio: misfires over both; None without any.
        lead_ms: median time from a fire to the move.
        moves: how many moves there were.
        missed: those before which it did not fire.
        silence_ratio: what it cost to have heard nothing: the sum of the missed moves' sizes.

    """

    rule: str
    severity: str
    repaints: str
    subjects: tuple[str, ...]
    fires: int
    told: int
    per_week: float | None
    muted: Mapping[str, int]
    muted_no_data: Mapping[str, int]
    firing: int
    lasted_ms: float | None
    longest_ms: int | None
    unknown: tuple[Span, ...]
    hits: int
    misfires: int
    false_ratio: float | None
    lead_ms: float | None
    moves: int
    missed: tuple[Move, ...]
    silence_ratio: float

    @property
    def unknown_ms(self) -> int:
        """Return how long it had no value, all subjects together."""
        return sum(span.end - span.begin for span in self.unknown)


def reports(
    past: Past, rules: Sequence[Rule], aim: Aim, reference_of: ReferenceOf
) -> list[RuleReport]:
    """Return what each rule did, in the order of the rulebook."""
    moves = {name: list(course.moves(aim)) for name, course in past.courses.items()}
    by_rule: dict[str, list[Episode]] = {}
    for episode in past.episodes.done:
        by_rule.setdefault(episode.rule, []).append(episode)
    subjects: dict[str, list[str]] = {}
    for bound in past.step.watch.bindings():
        subjects.setdefault(bound.rule.id, []).append(bound.key)
    expanded = [made for rule in rules for made in rule.expanded()]
    return [
        _report(
            past,
            rule,
            aim,
            by_rule.get(rule.id, []),
            {key: reference_of(key) for key in subjects.get(rule.id, [])},
            moves,
        )
        for rule in expanded
    ]


def _report(  # the history, the rule, and what is already known of both
    past: Past,
    rule: Rule,
    aim: Aim,
    episodes: Sequence[Episode],
    subjects: Mapping[str, str],
    moves: Mapping[str, Sequence[Move]],
) -> RuleReport:
    lasted = [it.end - it.at for it in episodes if it.end is not None]
    leads, misfires = _followed(past, episodes, aim, subjects)
    wanted = [(name, move) for name in sorted({*subjects.values()}) for move in moves.get(name, ())]
    missed = [move for name, move in wanted if not _heard(move, name, episodes, aim, subjects)]
    told = past.episodes.told.get(rule.id, 0)
    return RuleReport(
        rule=rule.id,
        severity=rule.severity.value,
        repaints=repaints(rule),
        subjects=tuple(subjects),
        fires=len(episodes),
        told=told,
        per_week=told * WEEK / past.length_ms if past.length_ms else None,
        muted=Counter(by_what(it.muted_by) for it in episodes if it.muted_by),
        muted_no_data=_by_what(past.episodes.unheard.get(rule.id, {})),
        firing=sum(it.end is None for it in episodes),
        lasted_ms=median(lasted) if lasted else None,
        longest_ms=max(lasted, default=None),
        unknown=tuple(span for span in past.unknown if span.rule == rule.id),
        hits=len(leads),
        misfires=misfires,
        false_ratio=misfires / (misfires + len(leads)) if misfires or leads else None,
        lead_ms=median(leads) if leads else None,
        moves=len(wanted),
        missed=tuple(missed),
        silence_ratio=sum(abs(move.size) for move in missed),
    )


def _followed(
    past: Past, episodes: Sequence[Episode], aim: Aim, subjects: Mapping[str, str]
) -> tuple[list[int], int]:
    """Return how long before a move each fire came, and how many had none.

    One too near the end of the history is neither, though a move came in time: of those that had
    none by then nobody knows. Nor is one at which the price was unknown.
    """
    leads: list[int] = []
    misfires = 0
    for episode in (it for it in episodes if it.at + aim.within_ms <= past.end):
        course = past.courses.get(subjects.get(episode.key, ""), Course())
        lead = course.lead(episode.at, aim)
        if lead is not None:
            leads.append(lead)
        elif course.price_at(episode.at) is not None:
            misfires += 1
    return leads, misfires


def _heard(
    move: Move, name: str, episodes: Sequence[Episode], aim: Aim, subjects: Mapping[str, str]
) -> bool:
    """Tell whether a rule fired, or still did, within the time before a move was there."""
    return any(
        subjects.get(it.key) == name
        and it.at < move.at
        and (it.end is None or it.end >= move.at - aim.within_ms)
        for it in episodes
    )


def notices(past: Past, rules: Sequence[Rule]) -> list[Episode]:
    """Return what was noted or fired beside the rules of the book: dead inputs, events."""
    own = {made.id for rule in rules for made in rule.expanded()}
    return [it for it in past.episodes.done if it.rule not in own]


def _by_what(counts: Mapping[str, int]) -> Mapping[str, int]:
    found = Counter[str]()
    for muted_by, count in counts.items():
        found[by_what(muted_by)] += count
    return found


def by_what(muted_by: str) -> str:
    """Return what kept an alert quiet without the subject: `rule:btc-crash` of many keys is one."""
    return muted_by.partition("|")[0]

"""A letter made into a message: title and text in the user's language. Pure.

The text of an alert has six things, a line each: the number, the level, how far apart they are, where the
number comes from, how old it is, and the chart around the moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alerts.channels.base import Message, Stage
from alerts.channels.buttons import Buttons, buttons
from alerts.languages.speech import Speech
from alerts.letters import UserLetter
from alerts.model import AlertState, News, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.routing import ends
from alerts.schemas.origin import Origin, links
from alerts.telling import sources_in
from alerts.users import User
from monitor.core.clock import Millis

MAX_TITLE = 200
MAX_SOURCES = 12
"""Names in a text; of more it says how many. A price of many venues rests on about ten."""
DIGEST_LINES = 40
"""So many alerts are read on a telephone; the inbox has all of them."""
_NEWS = frozenset(News)
_SEVERAL = frozenset({News.DIGEST.value, News.OVERFLOW.value})


@dataclass(frozen=True, slots=True)
class Clerk:
    """Words letters.

    Attributes:
        label: what a metric is called in English, by its name; empty: it has no other.
        origin: where links begin.
        pressing: what the buttons of a user are made with; by default they command nothing.

    """

    label: Callable[[str], str]
    origin: Origin
    pressing: Callable[[User], Buttons] = lambda user: Buttons(user=user.name)

    def message(self, letter: UserLetter, user: User, now: Millis) -> Message:
        """Return what `user` is told by a letter that goes out at `now`."""
        item, speech = letter.transition, Speech.to(user)
        digest = item.rule == News.DIGEST and item.inbox == user.name
        title, text = self._digest(letter, speech) if digest else self._alert(item, speech, now)
        stage = stage_of(item)
        if item.test:
            title = speech.say("title.test", title=title)
        link = "" if digest else self._link(item)
        return Message(
            id=letter.id,
            thread=letter.thread,
            user=user.name,
            stage=stage,
            at=item.at,
            severity=item.severity,
            rule="" if digest else item.rule,
            key="" if digest else item.key,
            title=" ".join(title.split())[:MAX_TITLE],
            text=text,
            tags=tuple(filter(None, (item.severity.value, stage.value, item.whom))),
            link=link,
            actions=buttons(self.pressing(user), item, now, link),
            test=item.test,
            escalated=item.notice is NoticeReason.ESCALATION,
            language=user.language,
            alert_id="" if digest else item.id,
            started_at=item.since,
            ended_at=item.at if ends(item) else None,
            alert=item,
        )

    def _alert(self, item: Transition, speech: Speech, now: Millis) -> tuple[str, str]:
        if not has_reading(item):
            return self._noted(item, speech, now)
        words = self._words(item, speech)
        title = speech.say("title", stage=_stage_words(item, speech), **words)
        lines = [self._sentence(item, speech)]
        if item.notice is NoticeReason.ESCALATION:
            lines.append(speech.say("escalation"))
        mark = speech.mark(item.value, item.bound)
        value = f"{words['value']} {mark}".rstrip()
        gap = speech.distance(item.value, item.bound, item.unit)
        lines += [
            speech.say("line.value", it=value),
            speech.say("line.level", it=speech.number(item.bound, item.unit)),
            speech.say("line.distance", it=gap),
            *self._provenance(item, speech, now),
        ]
        return title, "\n".join(lines)

    def _noted(self, item: Transition, speech: Speech, now: Millis) -> tuple[str, str]:
        """Return the words of what has no reading: news of the books, several alerts together."""
        subject = item.whom or item.key
        if item.rule in _SEVERAL:
            title = speech.say("together", count=len(item.lines))
        else:
            words = {"subject": subject, "name": item.rule, "stage": _stage_words(item, speech)}
            title = speech.say("title.plain", severity=_severity(item, speech), **words)
        said = item.summary
        if item.rule == News.CHANNEL:
            reason = item.summary.rstrip(".").rpartition(": ")[2]
            said = speech.say("channel-failed", reason=reason, **item.labels)
        return title, "\n".join((said, *self._provenance(item, speech, now)))

    def _provenance(self, item: Transition, speech: Speech, now: Millis) -> list[str]:
        """Return source, age, time and link; source and age only of what has a reading."""
        lines = []
        if item.value is not None or item.observed_at is not None:
            seen = item.observed_at
            age = speech.age(None if seen is None else now - seen)
            lines += [
                speech.say("line.source", it=_sources(item, speech)),
                speech.say("line.age", it=age),
            ]
        lines.append(speech.say("line.time", it=speech.time(item.at)))
        link = self._link(item)
        return [*lines, speech.say("line.link", it=link)] if link else lines

    def _words(self, item: Transition, speech: Speech) -> dict[str, str]:
        subject = item.whom or item.key
        name = speech.name(item.target, self.label(item.target))
        return {
            "severity": _severity(item, speech),
            "subject": subject,
            "name": "" if name == subject else name,
            "value": speech.number(item.value, item.unit),
            "level": speech.number(item.bound, item.unit),
        }

    def _sentence(self, item: Transition, speech: Speech) -> str:
        """Return the rule's own sentence in its language, English; in another one a plain one."""
        if speech.own_sentences and item.summary:
            return item.summary
        words = self._words(item, speech)
        words.pop("severity")
        if item.value is None:
            key = "unknown"
        elif ends(item):
            key = "over"
        elif item.bound is None or item.bound == item.value:
            key = "at"
        else:
            key = "above" if item.value > item.bound else "below"
        return " ".join(speech.say(f"sentence.{key}", **words).split())

    def _digest(self, letter: UserLetter, speech: Speech) -> tuple[str, str]:
        shown, rest = letter.held[:DIGEST_LINES], len(letter.held) - DIGEST_LINES
        parts = {
            "digest.firing": [it for it in shown if stage_of(it) not in _OVER and not it.ack],
            "digest.acked": [it for it in shown if stage_of(it) not in _OVER and it.ack],
            "digest.ended": [it for it in shown if stage_of(it) is Stage.RESOLVED],
            "digest.noted": [it for it in shown if stage_of(it) in {Stage.NOTED, Stage.DIGEST}],
        }
        lines: list[str] = []
        for heading, items in parts.items():
            if items:
                lines += [speech.say(heading), *(self._line(it, speech) for it in items)]
        more = max(rest, 0) + letter.more
        if more:
            lines.append(speech.say("digest.more", count=more))
        title = speech.say("digest.title", count=len(letter.held) + letter.more)
        return title, "\n".join(lines)

    def _line(self, item: Transition, speech: Speech) -> str:
        line = speech.say(
            "digest.line",
            clock=speech.time(item.at, "clock"),
            severity=_severity(item, speech),
            sentence=self._sentence(item, speech) if has_reading(item) else item.summary,
        )
        if item.ack is None or ends(item):
            return line
        return speech.say("digest.by", line=line, by=item.ack.by)

    def _link(self, item: Transition) -> str:
        return links(item, self.origin).dashboard or ""


_OVER = frozenset({Stage.RESOLVED, Stage.NOTED, Stage.DIGEST})


def stage_of(item: Transition) -> Stage:
    """Return what a transition says of its alert."""
    if item.rule in _SEVERAL:
        return Stage.DIGEST
    if ends(item):
        return Stage.RESOLVED
    if item.to_state is AlertState.NOTED:
        return Stage.NOTED
    if item.reason is Reason.SEVERITY_RAISED:
        return Stage.WORSENED
    return Stage.FIRING if item.notice is NoticeReason.NEW else Stage.REPEATED


def has_reading(item: Transition) -> bool:
    """Tell whether it is about a value and a level; news is not, nor is the end of a rule."""
    happened = item.to_state is AlertState.NOTED and item.value is None
    return item.rule not in _NEWS and not happened


def _sources(item: Transition, speech: Speech) -> str:
    """Return who told what the value rests on; what rests on nobody's quote rests on what is kept."""
    found = sources_in(item.inputs)
    if not found:
        known = item.value is not None and bool(item.inputs)
        return speech.say("books" if known else "unknown")
    shown = found[:MAX_SOURCES]
    more = len(found) - len(shown)
    return speech.say("list").join(
        (*shown, *((speech.say("digest.more", count=more),) if more else ()))
    )


def _severity(item: Transition, speech: Speech) -> str:
    return speech.say(f"severity.{item.severity.value}")


def _stage_words(item: Transition, speech: Speech) -> str:
    return speech.say(f"stage.{stage_of(item).value}")

"""Answers that go over MQTT, in the size of a message there: news in parts, of the rest less. Pure.

Over HTTP an answer is as long as it is. What gives way is what can be asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import msgspec

from alerts.schemas.sizes import MAX_BYTES, most_that_fit

Answer: TypeAlias = dict[str, Any]

_EXPIRY_BYTES = len(',"expires_at":"2026-11-27T07:00:00.000Z"')
_MOST_PARTS = 100
"""A piece of news in each."""

FIRING_SHOWN = 5
"""So many alerts of a report are kept before companies give way for more of them."""
WORDS_SHOWN = 400
"""Characters that are left of a sentence that is too long; each may take several bytes."""


def in_parts(answer: Mapping[str, Any]) -> list[Answer]:
    """Return an answer as payloads of at most `MAX_BYTES` each: its news in several, if need be.

    The oldest news comes first, in the first part. Of all else as much is left as fits in one.
    """
    whole, parts = dict(answer), list[Answer]()
    news = whole.get("history") or []
    while news:
        count = _first_that_fit(whole, news)
        parts.append(fitted(_part(whole, news[:count])))
        news = news[count:]
    if len(parts) <= 1:
        return [fitted(whole)]
    return [
        part | {"part": number, "parts": len(parts)} for number, part in enumerate(parts, start=1)
    ]


def _first_that_fit(answer: Answer, news: Sequence[Any]) -> int:
    return max(1, most_that_fit(lambda count: _size(_part(answer, news[:count])), len(news)))


def _part(answer: Answer, news: Sequence[Any]) -> Answer:
    """Return an answer with these news alone, as large as any part can be."""
    return answer | {"history": news, "part": _MOST_PARTS, "parts": _MOST_PARTS}


def fitted(answer: Mapping[str, Any]) -> Answer:
    """Return an answer in one payload of at most `MAX_BYTES`."""
    shown = dict(answer)
    for shortened in (_report, _matches, _plan, _news, _sentences):
        if _size(shown) <= MAX_BYTES:
            break
        shown = shortened(shown)
    return shown


def _size(answer: Answer) -> int:
    """Return how many bytes an answer has on its way: who sends it adds when it expires."""
    return len(msgspec.json.encode(answer)) + _EXPIRY_BYTES


def _report(answer: Answer) -> Answer:
    """Keep some alerts, then as many companies as fit; the newest alert is the last to give way."""
    if answer["report"] is None:
        return answer
    shown = answer | {"hint": "one company: ask with company=RIOT; all of it: ask over HTTP"}
    for name, least in (("firing", FIRING_SHOWN), ("companies", 0), ("firing", 0), ("unwell", 0)):
        shown = _kept(shown, name, least)
    return shown


def _kept(answer: Answer, name: str, least: int) -> Answer:
    """Return a report with as much of one of its lists as fits, at least `least`."""
    report, whole = answer["report"], answer["report"][name]

    def cut(count: int) -> Answer:
        if isinstance(whole, Mapping):
            kept: Any = dict(islice(whole.items(), count))
        else:
            kept = whole[len(whole) - count :]  # the newest stand last
        left = report["more"].get(name, 0) + len(whole) - len(kept)
        more = report["more"] | ({name: left} if left else {})
        return answer | {"report": report | {name: kept, "more": more}}

    count = most_that_fit(lambda count: _size(cut(count)), len(whole), min(least, len(whole)))
    return cut(count)


def _matches(answer: Answer) -> Answer:
    """Keep the first alerts; `matched` says how many there are."""
    return _cut(answer, answer["matches"], lambda kept: {"matches": kept})


def _plan(answer: Answer) -> Answer:
    """Keep the first names of each list of a reload; `total` says how many there are."""
    plan = answer["plan"] or {}
    shown = answer
    for name, listed in plan.items():
        if isinstance(listed, Mapping):
            shown = _cut(shown, listed["names"], _renamed(shown, name))
    return shown


def _renamed(answer: Answer, name: str) -> Callable[[Any], Answer]:
    plan = answer["plan"]
    return lambda kept: {"plan": plan | {name: plan[name] | {"names": kept}}}


def _cut(answer: Answer, whole: Any, made: Callable[[Any], Answer]) -> Answer:  # noqa: ANN401  # a list of names
    count = most_that_fit(lambda count: _size(answer | made(whole[:count])), len(whole))
    return answer | made(whole[:count])


def _news(answer: Answer) -> Answer:
    """Cut the sentences of what was told."""
    news = answer["history"]
    return answer | {"history": [it | {"summary": _readable(it["summary"])} for it in news]}


def _sentences(answer: Answer) -> Answer:
    """Cut what is said."""
    return answer | {name: _readable(answer[name]) for name in ("text", "hint")}


def _readable(said: str) -> str:
    """Return a sentence up to where it can be read on a small screen."""
    return said if len(said) <= WORDS_SHOWN else f"{said[:WORDS_SHOWN]} …"

"""Answers that go over MQTT, cut to the size of a message there: fewer lines, and how many more. Pure.

Over HTTP an answer is as long as it is. What gives way first is what can be asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, TypeAlias

import msgspec

from alerts.schemas.sizes import MAX_BYTES, most_that_fit

Answer: TypeAlias = dict[str, Any]

FIRING_SHOWN = 5
"""So many alerts of a report are kept before companies give way for more of them."""
WORDS_SHOWN = 400
"""Characters that are left of a sentence that is too long; each may take several bytes."""


def fitted(answer: Mapping[str, Any]) -> Answer:
    """Return an answer whose payload is at most `MAX_BYTES` long."""
    shown = dict(answer)
    for shortened in (_history, _report, _matches, _plan, _sentences):
        if _size(shown) <= MAX_BYTES:
            break
        shown = shortened(shown)
    return shown


def _size(answer: Answer) -> int:
    return len(msgspec.json.encode(answer))


def _history(answer: Answer) -> Answer:
    """Keep the newest pieces of news, and say how to ask for those before."""
    news = answer["history"]

    def newest(count: int) -> Answer:
        left = len(news) - count
        if not left:
            return answer
        return answer | {
            "history": news[left:],
            "left": left,
            "text": f"{count} pieces of news, the oldest first; {left} before them do not fit",
            "hint": f"ask again with before={news[left]['id']} and count={left}" if count else "",
        }

    return newest(most_that_fit(lambda count: _size(newest(count)), len(news)))


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


def _sentences(answer: Answer) -> Answer:
    """Cut what is said to where it can be read on a small screen."""
    words = {name: answer[name] for name in ("text", "hint")}
    return answer | {
        name: said if len(said) <= WORDS_SHOWN else f"{said[:WORDS_SHOWN]} …"
        for name, said in words.items()
    }

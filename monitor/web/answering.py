"""Answers to questions that change nothing, from what lies in Redis: news of before, and how things stand.

Nobody is told of the rules and the inbox of another user.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.codec import decode_transition
from alerts.forms import owner_of
from alerts.model import AlertState, Transition
from alerts.schemas.builders import line_now
from alerts.schemas.payloads import LineNow
from alerts.schemas.replies import ReportNow
from monitor.core.plurals import counted
from monitor.domain.events import BTC_USD
from monitor.domain.questions import AskHistory, AskReport, Question
from monitor.store.alert_states import AlertStates
from monitor.store.client import RedisClient
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.transitions import newest_first
from monitor.store.views import ViewStore

SCANNED = 20_000
"""Changes that are looked at for one answer, the newest ones."""
MAX_FIRING = 100
HEADLINES = (
    "mining_margin_ratio",
    "ai_revenue_mix_ratio",
    "contracted_coverage_ratio",
    "break_even_btc_usd",
)
MARKET = (BTC_USD, "hashprice_usd_ph_day")
_WELL = frozenset({"fresh", "waiting"})


@dataclass(frozen=True, slots=True)
class Answerer:
    """Looks things up in one shard."""

    client: RedisClient
    keys: Keys

    async def answer(self, question: Question, user: str) -> dict[str, Any]:
        """Return the fields of the reply to a question of `user`.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if isinstance(question, AskReport):
            return await self._report(question, user)
        return await self._history(question, user)

    async def _history(self, asked: AskHistory, user: str) -> dict[str, Any]:
        found: list[LineNow] = []
        waits = bool(asked.before)
        async for body in newest_first(self.client, self.keys, SCANNED):
            news = _read(body)
            if waits:
                waits = news is None or news.id != asked.before
            elif news is not None and news.told and _meant(news, asked, user):
                found.append(line_now(news))
                if len(found) == asked.count:
                    break
        if waits:
            text = f"before: {asked.before} is none of the newest {SCANNED:,} changes"
            return {"accepted": False, "text": text, "hint": "ask anew without `before`"}
        found.reverse()
        text = f"{len(found)} of at most {asked.count} pieces of news, the oldest first"
        return {"text": text, "history": tuple(found)}

    async def _report(self, asked: AskReport, user: str) -> dict[str, Any]:
        told = await AlertStates(self.client, self.keys).told()
        fires = (line_now(it) for it in _firing(told.values(), user) if _about(it, asked))
        firing = sorted(fires, key=lambda it: (it.time, it.rule, it.key))
        market, companies = await ViewStore(self.client, self.keys).read()
        wanted = {name: it for name, it in companies.items() if asked.company in {"", name}}
        feeds = await FeedStore(self.client, self.keys).read()
        unwell = {name: it["state"] for name, it in feeds.items() if it["state"] not in _WELL}
        report = ReportNow(
            firing=tuple(firing[-MAX_FIRING:]),
            more={"firing": len(firing) - MAX_FIRING} if len(firing) > MAX_FIRING else {},
            feeds=len(feeds),
            unwell=unwell,
            market={name: _value(market, name) for name in MARKET},
            companies={
                ticker: {name: _value(view, name) for name in HEADLINES if name in view}
                for ticker, view in wanted.items()
            },
        )
        text = (
            f"{counted(len(firing), 'alert')} {'fires' if len(firing) == 1 else 'fire'}; "
            f"{len(unwell)} of {counted(len(feeds), 'feed')} not well; "
            f"{counted(len(wanted), 'company', 'companies')}"
        )
        return {"text": text, "report": report, "firing": len(firing)}


def _value(view: Mapping[str, Any], name: str) -> float | None:
    found: float | None = view[name]["value"] if name in view else None
    return found


def _read(body: bytes) -> Transition | None:
    try:
        return decode_transition(body)
    except ValueError:  # of a newer release
        return None


def _meant(news: Transition, asked: AskHistory, user: str) -> bool:
    """Tell whether news is what somebody asks for, and may hear."""
    own = news.inbox or owner_of(news.rule)
    if own not in ({user} if asked.mine else {"", user}):
        return False
    wanted = ((asked.rule, news.rule), (asked.key, news.key), (asked.company, news.whom))
    return all(not word or word == said for word, said in wanted)


def _about(news: Transition, asked: AskReport) -> bool:
    return asked.company in {"", news.whom}


def _firing(told: Iterable[bytes], user: str) -> Iterator[Transition]:
    for body in told:
        last = _read(body)
        fires = last is not None and last.to_state is AlertState.FIRING
        if last is not None and fires and owner_of(last.rule) in {"", user}:
            yield last

"""The retained states of market, companies and feeds, as the relay role publishes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from alerts.schemas.builders import Stamp, company_state, feed_state, market_state, reading_now
from alerts.schemas.payloads import RetainedState
from alerts.sinks.mqtt import MqttSink
from alerts.sinks.mqtt.compose import BoardState
from alerts.topics import STATE_LIFETIME_MS, Kind, Topic
from monitor.app.refusals import Refusals
from monitor.core.breath import Breath
from monitor.core.clock import Clock, Millis
from monitor.core.errors import DeliveryError
from monitor.domain.events import Quality, Reading
from monitor.store.published import PublishedTopics

STATES_AGAIN_MS = STATE_LIFETIME_MS // 3
"""A state that expires is said again often enough that two words of it may get lost."""
TOGETHER = 8
"""States that wait for one acknowledgement: more would hold up alerts, fewer are more trips."""

_News: TypeAlias = tuple[Topic, object, list[BoardState]]


class StateBoard:
    """The retained states of market, companies and feeds as last published.

    The topics are remembered in Redis too: a company or feed that left the book while this
    process was down must not stay on the broker for ever.
    """

    def __init__(self, sink: MqttSink, clock: Clock, published: PublishedTopics) -> None:
        self._sink = sink
        self._clock = clock
        self._published = published
        self._shown: dict[str, tuple[Topic, object, Millis]] = {}
        self._refusals = Refusals(clock, sink.topics.below(""))
        self._remembered: set[str] | None = None
        self._computed = self._fed = False
        self._last: tuple[object, object, object] | None = None
        self._again_at: Millis = 0

    def stands(self, topic: str) -> bool | None:
        """Tell whether a topic holds a state on purpose; None before the role that tells it has spoken."""
        feeds = topic.startswith(self._sink.topics.below("feed/"))
        if self._remembered is None or not (self._fed if feeds else self._computed):
            return None
        return topic in self._remembered

    def say_again(self) -> None:
        """Publish every state at the next turn: who has just come may have heard none of it."""
        self._shown = {name: (it[0], it[1], 0) for name, it in self._shown.items()}
        self._last = None

    async def show(
        self,
        market: Mapping[str, Any],
        companies: Mapping[str, Mapping[str, Any]],
        feeds: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Publish each state that changed, repeat old ones, clear those that are gone.

        Raises:
            DeliveryError: the broker did not take one of them, and may at the next turn.
            StoreUnavailable: Redis did not answer.

        """
        last = self._last
        same = last is not None and last[0] is market and last[1] is companies
        if same and last is not None and last[2] == feeds and self._clock.now() < self._again_at:
            return
        self._last = None
        if self._remembered is None:
            self._remembered = await self._published.names()
        wanted = await self._say(market, companies, feeds)
        await self._published.add(wanted - self._remembered)
        self._remembered |= wanted
        self._computed, self._fed = bool(companies), bool(feeds)
        await self._clear(self._remembered - wanted)
        oldest = min((said for _, _, said in self._shown.values()), default=self._clock.now())
        self._last, self._again_at = (market, companies, feeds), oldest + STATES_AGAIN_MS

    async def _say(
        self,
        market: Mapping[str, Any],
        companies: Mapping[str, Mapping[str, Any]],
        feeds: Mapping[str, Mapping[str, Any]],
    ) -> set[str]:
        """Publish what changed and what is due again; return the topics of all that stands."""
        now, breath, wanted = self._clock.now(), Breath(), set[str]()
        news: list[_News] = []
        for topic, tick, content, build in self._states(market, companies, feeds, now):
            wanted.add(topic.name)
            await breath.take()
            known = self._shown.get(topic.name)
            if known is not None and known[1] == content and now - known[2] < STATES_AGAIN_MS:
                continue
            if self._refusals.has(topic):
                continue
            said = [BoardState(topic, build)]
            if tick is not None and (known is None or known[1] != content):
                said.append(BoardState(tick, build))
            news.append((topic, content, said))
            if len(news) == TOGETHER:
                await self._publish(news, now)
                news = []
        await self._publish(news, now)
        return wanted

    async def _publish(self, news: Sequence[_News], now: Millis) -> None:
        if not news:
            return
        try:
            await self._sink.publish_states([state for _, _, said in news for state in said])
        except DeliveryError as error:
            if error.retriable:
                raise
            await self._publish_apart(news, now)
        else:
            self._shown |= {topic.name: (topic, content, now) for topic, content, _ in news}

    async def _publish_apart(self, news: Sequence[_News], now: Millis) -> None:
        """Publish each state by itself: what a broker refuses must keep no other from it.

        That is told, and left alone for a while: some end the connection at it, and alerts go over
        the same one.
        """
        for topic, content, said in news:
            if self._refusals.has(topic):
                continue
            try:
                await self._publish_anew(said)
            except DeliveryError as error:
                self._refusals.take(error, topic)
            else:
                self._shown[topic.name] = (topic, content, now)

    async def _publish_anew(self, said: Sequence[BoardState]) -> None:
        """Publish over a new connection, if the one before ended at what it was asked last."""
        try:
            await self._sink.publish_states(said)
        except DeliveryError as error:
            if not error.retriable:
                raise
            await self._sink.publish_states(said)

    async def _clear(self, names: set[str]) -> None:
        """Take back what stands there and is not any more."""
        for topic in map(self._topic_of, sorted(names)):
            # a role that has not spoken yet says nothing about what is gone
            silent = self.stands(topic.name) is None and topic.name not in self._shown
            if not silent and not self._refusals.has(topic):
                await self._take_back(topic)

    async def _take_back(self, topic: Topic) -> None:
        try:
            await self._sink.clear_state(topic)
        except DeliveryError as error:
            self._refusals.take(error, topic)
            return
        await self._published.remove([topic.name])
        if self._remembered is not None:
            self._remembered.discard(topic.name)
        self._shown.pop(topic.name, None)

    def _topic_of(self, name: str) -> Topic:
        """Return the topic of a state that is remembered by its name alone."""
        kinds = {"feed/": Kind.FEED_STATE, "market/": Kind.MARKET_STATE}
        below = self._sink.topics.below
        own = (kind for place, kind in kinds.items() if name.startswith(below(place)))
        return Topic(name, next(own, Kind.COMPANY_STATE))

    def _states(
        self,
        market: Mapping[str, Any],
        companies: Mapping[str, Mapping[str, Any]],
        feeds: Mapping[str, Mapping[str, Any]],
        now: Millis,
    ) -> Iterator[tuple[Topic, Topic | None, object, Any]]:
        """Return topic, topic of the change if that is news, content to compare, and builder."""
        topics = self._sink.topics
        for name, item in market.items():
            if item["value"] is not None:
                build = partial(_market, name, item, now)
                yield topics.market_state(name), topics.market_tick(name), item, build
        for ticker, view in companies.items():
            yield topics.company_state(ticker), None, view, partial(_company, ticker, view, now)
        for feed, health in feeds.items():
            content = (health["state"], [failure["reason"] for failure in health["failures"]])
            yield topics.feed_state(feed), None, content, partial(_feed, feed, health, now)


def _reading(item: Mapping[str, Any]) -> Reading:
    return Reading(
        item["value"],
        Quality[item["quality"].upper()],
        item.get("reason", ""),
        item.get("observed_at"),
    )


def _market(name: str, item: Mapping[str, Any], now: Millis, stamp: Stamp) -> RetainedState:
    return market_state(
        name,
        reading_now(_reading(item), item["unit"]),
        stamp,
        sources=tuple(item.get("sources", ())),
        session=item.get("session"),
        agreed_at=item.get("observed_at") or now,
    )


def _company(ticker: str, view: Mapping[str, Any], now: Millis, stamp: Stamp) -> RetainedState:
    readings = {name: (_reading(item), item["unit"]) for name, item in view.items()}
    return company_state(ticker, readings, stamp, computed_at=now)


def _feed(feed: str, health: Mapping[str, Any], now: Millis, stamp: Stamp) -> RetainedState:
    failures = health["failures"]
    return feed_state(
        feed,
        stamp,
        state=health["state"],
        reason=failures[-1]["reason"] if failures else "",
        changed_at=failures[-1]["at"] if failures else health["last_success"] or now,
        last_success_at=health["last_success"],
    )

"""The retained states of alerts as a whole: ended where the alert is no more, repeated where asked.

Each state goes out with its news, by the relay. What is left for here: a state whose rule or company
has left the books stays on the broker for ever, unless somebody takes it back; and a broker that has
lost its store, or a Home Assistant that was started anew, has to hear all of them once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from alerts.codec import decode_transition
from alerts.forms import owner_of_alert
from alerts.sinks.mqtt import MqttSink
from alerts.topics import Topic
from monitor.app.refusals import Refusals
from monitor.compute.alert_list import AlertList, alert_list
from monitor.compute.step import Step
from monitor.core.clock import Clock
from monitor.core.errors import DeliveryError
from monitor.store.alert_states import AlertStates

AT_ONCE = 100
"""States that are repeated together; the relay's own news go between two such heaps."""
LIST_AGAIN_TURNS = 30
"""Turns of the compute role after which the told alerts are looked through again."""

log = structlog.get_logger()

_list = msgspec.json.Decoder(AlertList)


class AlertBoard:
    """The alerts that there are, and what the broker was told of them."""

    def __init__(self, sink: MqttSink, states: AlertStates, clock: Clock) -> None:
        self._sink = sink
        self._states = states
        self._refusals = Refusals(clock, sink.topics.below(""))
        self._body = b""
        self._again = False
        self._all_own_below = False
        self.listed: AlertList | None = None
        """What the process that computes has listed; None before its first word."""

    def say_again(self) -> None:
        """Repeat every state at the next turn."""
        self._again = True

    async def topics(self) -> frozenset[str] | None:
        """Return the topics of the states that stand told; None before the first word of what computes.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if self.listed is None:
            return None
        names = (name.partition("|") for name in await self._states.names())
        return frozenset(self._sink.topics.alert_state(rule, key).name for rule, _, key in names)

    async def show(self) -> None:
        """Take back what is no more, and repeat what is if that was asked for.

        What a broker refuses keeps no other from it.

        Raises:
            DeliveryError: the broker did not take one of them, and may at the next turn.
            StoreUnavailable: Redis did not answer.

        """
        if not self._all_own_below:
            await self._move_below_owners()
        body = await self._states.read_list()
        if body != self._body:
            self.listed, self._body = _list.decode(body), body
        if self.listed is not None and self.listed.gone:
            await self._take_back(set(self.listed.gone) & await self._states.names())
        if self._again:
            await self._repeat(await self._states.told())
            self._again = False

    async def _move_below_owners(self) -> None:
        """Take back what an older release told everybody of users' own rules; once is enough.

        Each is said below its owner with the states that are repeated at the first connection.
        """
        for name in sorted(filter(owner_of_alert, await self._states.shared())):
            rule, _, key = name.partition("|")
            if await self._cleared(self._sink.topics.shared_state(rule, key)):
                await self._states.move(name)
                self._again = True
        self._all_own_below = True

    async def _take_back(self, names: set[str]) -> None:
        for name in sorted(names):
            rule, _, key = name.partition("|")
            if await self._cleared(self._sink.topics.alert_state(rule, key)):
                await self._states.forget([name])

    async def _cleared(self, topic: Topic) -> bool:
        """Take a state back; tell whether the broker did so."""
        if self._refusals.has(topic):
            return False
        try:
            await self._sink.clear_state(topic)
        except DeliveryError as error:
            self._refusals.take(error, topic)
            return False
        return True

    async def _repeat(self, told: Mapping[str, bytes]) -> None:
        names = sorted(told)
        for start in range(0, len(names), AT_ONCE):
            await asyncio.gather(*(self._say(told[it]) for it in names[start : start + AT_ONCE]))

    async def _say(self, body: bytes) -> None:
        try:
            transition = decode_transition(body)
        except ValueError as error:  # of a newer release; it tells its own
            log.debug("relay.state_not_read", why=str(error))
            return
        topic = self._sink.topics.alert_state(transition.rule, transition.key)
        if self._refusals.has(topic):
            return
        try:
            await self._sink.repeat_state(transition)
        except DeliveryError as error:
            self._refusals.take(error, topic)


class ListedAlerts:
    """Writes the list of alerts for the relay: when the step is another one, and now and then."""

    def __init__(self, states: AlertStates) -> None:
        self._states = states
        self._step: Step | None = None
        self._written: AlertList | None = None
        self._turn = 0

    async def show(self, step: Step) -> None:
        """Write the list if it has changed.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        self._turn += 1
        if step is self._step and self._turn % LIST_AGAIN_TURNS:
            return
        listed = await asyncio.to_thread(alert_list, step, await self._states.names())
        if listed != self._written:
            await self._states.write_list(msgspec.json.encode(listed))
        self._step, self._written = step, listed

    def forget(self) -> None:
        """Write it again: another process may have had its turn."""
        self._step = self._written = None

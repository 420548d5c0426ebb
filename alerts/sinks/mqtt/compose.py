"""From a transition or a state to MQTT messages: topic, payload, quality of service, properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import structs

from alerts.forms import owner_of
from alerts.model import Transition
from alerts.reasons import Reason
from alerts.schemas import builders, cloudevents
from alerts.schemas.builders import Common, Publisher, Stamp
from alerts.schemas.origin import Origin
from alerts.schemas.payloads import ALERT_EVENT, ALERT_STATE, RetainedState, encode
from alerts.schemas.sizes import fitted
from alerts.sinks.mqtt.connect import OFFLINE, ONLINE
from alerts.sinks.mqtt.link import V5, Message, ProtocolName
from alerts.sinks.mqtt.properties import CONTENT_TYPE, Facts, PublishProperties
from alerts.sinks.mqtt.sequence import Sequences
from alerts.topics import Topic, Topics
from monitor.core.clock import SECOND, Millis
from monitor.core.errors import DeliveryError

MAX_PAYLOAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class BoardState:
    """What a topic says of a company, the market or a feed: `build` makes it of a stamp."""

    topic: Topic
    build: Callable[[Stamp], RetainedState]


class Composer:
    """Makes the messages of one publisher and counts them per topic."""

    def __init__(
        self,
        topics: Topics,
        publisher: Publisher,
        origin: Origin,
        routed: Callable[[str], bool] = lambda _: False,
        *,
        cloud_events: bool = False,
    ) -> None:
        """`routed` tells whose inbox is written by the courier, when and if that user wants.

        `cloud_events`: news goes out in an envelope of CloudEvents; states do not.
        """
        self.topics = topics
        self._routed = routed
        self._cloud_events = cloud_events
        self._publisher = publisher
        self._origin = origin
        self._sequences = Sequences()

    def alert(
        self, transition: Transition, protocol: ProtocolName, now: Millis, *, with_event: bool
    ) -> list[Message]:
        """Return the event, if wanted, and the retained state of one transition.

        The news of a user's own rule goes below its owner alone: to its own topic, and to the inbox
        as well, under the same id.
        What happened at one moment and is over leaves no state, nor does what is told again of a
        state that was published before: there may be nothing to send.

        Raises:
            DeliveryError: its words make no topic, or too large a message; not retriable.

        """
        try:
            events = self._events(transition)
            state = self.topics.alert_state(transition.rule, transition.key)
        except ValueError as error:
            raise DeliveryError(str(error), retriable=False, reason="bad_topic") from error
        common = builders.common_of(transition, self._origin)
        messages: list[Message] = []
        if with_event:
            messages = [self._event(it, transition, protocol, now, common) for it in events]
        if not transition.has_state:
            return messages
        if transition.reason is Reason.RULE_REMOVED:
            return [*messages, self.cleared(state)]
        return [*messages, self._state(state, transition, protocol, now, common)]

    def _events(self, transition: Transition) -> list[Topic]:
        """Return the topics on which the news of a transition is told; ValueError: no topic."""
        inbox = transition.inbox
        told = [] if inbox else [self.topics.alert_event(transition.rule, transition.key)]
        whose = inbox or owner_of(transition.rule)
        if not whose or self._routed(whose):
            return told
        return [*told, self.topics.user_inbox(whose)]

    def inbox(
        self, user: str, transition: Transition, protocol: ProtocolName, now: Millis
    ) -> Message:
        """Return the news of a transition for the inbox of one user.

        Raises:
            DeliveryError: it is too large; not retriable.

        """
        return self._event(self.topics.user_inbox(user), transition, protocol, now)

    def state(self, state: BoardState, protocol: ProtocolName, now: Millis) -> Message:
        """Return a retained state of the boards.

        Raises:
            DeliveryError: it is too large; not retriable.

        """
        stamp, fresh_for_ms = self._stamp(state.topic, None, now), state.topic.delivery.expiry_ms
        if fresh_for_ms is not None:
            stamp = structs.replace(stamp, expires_at=now + fresh_for_ms)
        expiry_s = None if fresh_for_ms is None else _seconds(fresh_for_ms)
        return _message(state.topic, encode(state.build(stamp)), protocol, expiry_s)

    def state_of(self, transition: Transition, protocol: ProtocolName, now: Millis) -> Message:
        """Return where an alert stands since `transition`, as it was said then."""
        topic = self.topics.alert_state(transition.rule, transition.key)
        return self._state(topic, transition, protocol, now)

    def foreign(self, topic: str, payload: bytes, protocol: ProtocolName) -> Message:
        """Return a retained message of somebody else's contract; an empty one takes it back.

        Raises:
            DeliveryError: it is too large; not retriable.

        """
        properties = PublishProperties() if protocol == V5 and payload else None
        return _bounded(Message(topic, payload, 1, retain=True, properties=properties))

    def cleared(self, topic: Topic) -> Message:
        """Return the empty message that takes a retained state back."""
        return Message(topic.name, b"", topic.delivery.qos, retain=True)

    def presence(self, protocol: ProtocolName, now: Millis, *, online: bool) -> list[Message]:
        """Return `online` or `offline` and what goes with it as JSON, that first."""
        detail = builders.status_detail(
            online=online,
            reason="started" if online else "stopped",
            publisher=self._publisher,
            protocol=protocol,
            sent_at=now,
        )
        return [
            _message(self.topics.status_detail(), encode(detail), protocol, None),
            Message(self.topics.status().name, ONLINE if online else OFFLINE, retain=True),
        ]

    def _event(
        self,
        topic: Topic,
        transition: Transition,
        protocol: ProtocolName,
        now: Millis,
        common: Common | None = None,
    ) -> Message:
        stamp = self._stamp(topic, transition.id, now)
        event = builders.alert_event(transition, stamp, self._origin, common)
        # recorded inputs are old by nature; their news does not expire
        left = None if self._origin.replay else _seconds(builders.expires_at(transition) - now)
        facts = _facts(ALERT_EVENT, transition)
        if not self._cloud_events:
            return _message(topic, fitted(event, encode), protocol, left, facts)
        base = self.topics.base
        subject = topic.name.removeprefix(f"{base}/")
        payload = fitted(event, lambda it: encode(cloudevents.cloud_event(it, base, subject)))
        return _message(topic, payload, protocol, left, facts, cloudevents.CONTENT_TYPE)

    def _state(
        self,
        topic: Topic,
        transition: Transition,
        protocol: ProtocolName,
        now: Millis,
        common: Common | None = None,
    ) -> Message:
        stamp = self._stamp(topic, transition.id, now)
        payload = encode(builders.alert_state(transition, stamp, self._origin, common))
        return _message(topic, payload, protocol, None, _facts(ALERT_STATE, transition))

    def _stamp(self, topic: Topic, message_id: str | None, now: Millis) -> Stamp:
        return Stamp(self._publisher.run, self._sequences.next(topic.name, message_id), now)


def _message(
    topic: Topic,
    payload: bytes,
    protocol: ProtocolName,
    expiry_s: int | None,
    facts: Facts = (),
    kind: str = CONTENT_TYPE,
) -> Message:
    properties = PublishProperties(expiry_s, facts, content_type=kind) if protocol == V5 else None
    delivery = topic.delivery
    return _bounded(Message(topic.name, payload, delivery.qos, delivery.retain, properties))


def _bounded(message: Message) -> Message:
    size = len(message.payload)
    if size > MAX_PAYLOAD_BYTES:
        raise DeliveryError(
            f"message of {size} bytes on {message.topic} is over {MAX_PAYLOAD_BYTES}",
            retriable=False,
            reason="too_large",
        )
    return message


def _facts(schema: str, transition: Transition) -> Facts:
    facts = (("schema", schema), ("severity", transition.severity.value))
    whom = transition.whom
    return (*facts, ("company", whom)) if whom else facts


def _seconds(span: Millis) -> int:
    return max(1, -(-span // SECOND))

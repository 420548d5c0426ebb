"""The channel `inbox`, and who else writes to inboxes."""

from __future__ import annotations

from typing import get_args

import pytest

from alerts.channels.base import ChannelContext, Failure, Message
from alerts.channels.inbox import CHANNEL
from alerts.correspondence import Clerk
from alerts.letters import letter_of
from alerts.model import Transition
from alerts.schemas.builders import Publisher
from alerts.schemas.origin import Origin
from alerts.sinks.mqtt.compose import Composer
from alerts.topics import Topics
from monitor.core.clock import ManualClock
from monitor.core.errors import ConfigError, DeliveryError
from monitor.telemetry.catalogue import DELIVERY_FAILURES
from tests.people import user
from tests.transitions import AT, transition

BASE = "hashhedge/v1/main"


def message(item: Transition) -> Message:
    """Return what ana is told."""
    ana = user()
    return Clerk(lambda _: "", Origin()).message(letter_of(item, "ana", AT), ana, AT)


def context(fault: DeliveryError | None = None) -> tuple[ChannelContext, list[tuple[str, str]]]:
    """Return a context whose broker takes everything, or fails so."""
    published: list[tuple[str, str]] = []

    async def publish(name: str, item: Transition) -> None:
        if fault is not None:
            raise fault
        published.append((name, item.id))

    made = ChannelContext(clock=ManualClock(AT), version="0", secret=str, publish=publish)
    return made, published


async def test_an_alert_is_published_to_the_users_own_topic() -> None:
    """The receipt is the id by which every program knows the alert."""
    made, published = context()
    item = transition()
    async with CHANNEL.open(made, {}) as inbox:
        assert await inbox.send(message(item)) == item.id
    assert published == [("ana", item.id)]


@pytest.mark.parametrize("said", DELIVERY_FAILURES)
@pytest.mark.parametrize("retriable", [True, False])
async def test_what_the_broker_says_is_told_in_the_words_of_channels(
    said: str, retriable: bool
) -> None:
    """Whether it may pass stays as it was."""
    made, _ = context(DeliveryError("no", retriable=retriable, reason=said))
    async with CHANNEL.open(made, {}) as inbox:
        with pytest.raises(DeliveryError) as caught:
            await inbox.send(message(transition()))
    assert caught.value.reason in get_args(Failure)
    assert caught.value.retriable is retriable


async def test_without_a_broker_there_is_no_inbox() -> None:
    """It says how to mend that."""
    bare = ChannelContext(clock=ManualClock(AT), version="0", secret=str)
    with pytest.raises(ConfigError, match="no broker") as refused:
        async with CHANNEL.open(bare, {}):
            pass
    assert "HASHHEDGE_MQTT_URL" in refused.value.hint


@pytest.mark.parametrize(
    ("item", "unrouted", "routed"),
    [
        (
            transition(rule="ana.own"),
            ["user/ana/event/own.RIOT", "user/ana/inbox"],
            ["user/ana/event/own.RIOT"],
        ),
        (transition(inbox="ana", echo=True), ["user/ana/inbox"], []),
        (transition(inbox="desk", echo=True), ["user/desk/inbox"], ["user/desk/inbox"]),
        (transition(), ["alert/margin-low/RIOT/event"], ["alert/margin-low/RIOT/event"]),
    ],
)
def test_the_inbox_of_a_user_with_channels_is_theirs_to_write(
    item: Transition, unrouted: list[str], routed: list[str]
) -> None:
    """So his quiet hours count there; anybody else's is written with the alert, as before."""
    publisher = Publisher(instance="main", client_id="c", run="1", version="0", since=0)
    for names, wanted in (((), unrouted), (("ana",), routed)):
        composer = Composer(Topics("main"), publisher, Origin(), names.__contains__)
        messages = composer.alert(item, "5.0", item.at, with_event=True)
        events = [it.topic for it in messages if not it.retain]
        assert events == [f"{BASE}/{topic}" for topic in wanted]

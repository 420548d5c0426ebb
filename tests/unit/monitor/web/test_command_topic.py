"""Whatever comes on a command topic has an outcome, and is answered in a user's own room or nowhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.topics import Topics
from monitor.core.clock import ManualClock
from monitor.core.signature import SIGNATURE, TIMESTAMP, USER, signature_of
from monitor.store.client import connect
from monitor.store.commands import CommandDesk, Forbidden
from monitor.store.keys import Keys
from monitor.telemetry.catalogue import COMMAND_OUTCOMES
from monitor.web.answering import Answerer
from monitor.web.command_door import PER_MINUTE, CommandDoor
from monitor.web.command_topic import CommandTopic
from monitor.web.delivery import Delivered, Reply
from monitor.web.letters import sealed
from monitor.web.users import Users
from tests.worlds import NOON

KEY = "anna-has-a-key-of-her-own"
STAMP = str(NOON // 1_000)
ROOM = "hashhedge/v1/main/user/anna/reply"
BODY = json.dumps({"id": "1", "verb": "alert.drill", "wish": {}}).encode()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Users:
    """Give anna."""
    path: Path = tmp_path_factory.mktemp("users") / "users"
    path.write_text(f"anna {KEY}\n", encoding="utf-8")
    return Users(path, "X")


class Trail(CommandDesk):
    """A desk without a Redis: it keeps what was refused; nothing is let in here."""

    def __init__(self) -> None:
        super().__init__(connect("redis://127.0.0.1:1/0"), Keys())
        self.kept: list[Forbidden] = []

    async def forbid(self, forbidden: Forbidden) -> None:
        """Keep it."""
        self.kept.append(forbidden)


def come(users: Users, *messages: Delivered) -> tuple[list[Reply], list[str], Trail]:
    """Return what each message comes to, how it was counted, and the trail."""
    counted, desk = list[str](), Trail()
    answerer = Answerer(connect("redis://127.0.0.1:1/0"), Keys())
    door = CommandDoor(
        users=users, desk=desk, answerer=answerer, clock=ManualClock(NOON), ended=counted.append
    )
    topic = CommandTopic(door, Topics("main"))

    async def take_all() -> list[Reply]:
        return [await topic.take(message) for message in messages]

    return asyncio.run(take_all()), counted, desk


def beside(body: bytes = BODY, user: str = "anna", key: str = KEY) -> dict[str, str]:
    """Return the user properties of a signed body."""
    told = {USER: user, TIMESTAMP: STAMP, SIGNATURE: signature_of(key, STAMP, body)}
    return {name.lower(): text for name, text in told.items()}


def message(payload: bytes | None = BODY, told: Mapping[str, str] = {}, **more: Any) -> Delivered:
    """Return a message on the topic of a drill."""
    return Delivered(more.pop("name", "alert.drill"), payload, properties=told, **more)


@pytest.mark.parametrize(
    ("said", "outcome", "to"),
    [
        # anna is known: she hears of it wherever she asked to, else in her room
        (message(told=beside()), "malformed", ROOM),
        (message(told=beside(), reply_to=f"{ROOM}/phone"), "malformed", f"{ROOM}/phone"),
        (message(told=beside(), reply_to="hashhedge/v1/main/status"), "bad_reply_topic", ROOM),
        (message(told=beside(), reply_to=f"{ROOM}/+"), "bad_reply_topic", ROOM),
        (message(told=beside(), correlation=b"x" * 257), "malformed", ROOM),
        (message(sealed("anna", KEY, STAMP, BODY)), "malformed", ROOM),
        (message(sealed("anna", KEY, STAMP, BODY, reply_to="x")), "bad_reply_topic", ROOM),
        # whoever is not known hears of it where he listens, if that is a room of answers
        (message(told=beside(key="another-of-sixteen")), "bad_signature", ""),
        (message(told=beside(key="another-of-sixteen"), reply_to=ROOM), "bad_signature", ROOM),
        (message(told=beside(user="eve"), reply_to=ROOM), "unknown_user", ""),
        (message(told=beside(user="#"), reply_to="hashhedge/#"), "unknown_user", ""),
        (message(told=beside() | {TIMESTAMP.lower(): "1"}, reply_to=ROOM), "old_timestamp", ROOM),
        (message(told={USER.lower(): "anna"}, reply_to=ROOM), "bad_signature", ROOM),
        (message(reply_to=ROOM), "unsigned", ""),
        (message(b"\xff"), "malformed", ""),
        (message(b'"\\ud800"'), "malformed", ""),
        (message(None, beside(), reply_to=ROOM), "too_large", ROOM),
        (message(told=beside(), retained=True, reply_to=ROOM), "retained", ""),
    ],
)
def test_each_refusal_has_its_word_and_its_place(
    users: Users, said: Delivered, outcome: str, to: str
) -> None:
    """Counted and kept once under its word; the message is done with."""
    (reply,), counted, desk = come(users, said)
    assert (counted, [it.outcome for it in desk.kept]) == ([outcome], [outcome])
    assert (reply.to if reply.answered else "", reply.is_done) == (to, True)
    assert not reply.answer["accepted"]


def test_strangers_who_come_too_fast_are_counted_only(users: Users) -> None:
    """Neither the trail nor the room of a user fills with what nobody signed."""
    forged = message(told=beside(key="another-of-sixteen"), reply_to=ROOM)
    replies, counted, desk = come(users, *[forged] * 50)
    burst = round(PER_MINUTE / 4)
    assert counted == ["bad_signature"] * 50
    assert len(desk.kept) == sum(reply.answered for reply in replies) == burst


def test_one_user_s_haste_is_throttled(users: Users) -> None:
    """Over the burst: told how long to wait, and not kept in the trail."""
    burst = round(PER_MINUTE / 4)
    replies, counted, desk = come(users, *[message(told=beside())] * (burst + 1))
    assert counted == ["malformed"] * burst + ["throttled"]
    assert "wait" in str(replies[-1].answer["text"])
    assert len(desk.kept) == burst


TOPICS = st.text(max_size=60) | st.sampled_from([ROOM, f"{ROOM}/phone", f"{ROOM}/#", f"{ROOM}/"])
TEXTS = st.text(max_size=40) | st.sampled_from(["anna", STAMP, signature_of(KEY, STAMP, BODY)])
TOLD = st.dictionaries(
    st.sampled_from([USER.lower(), TIMESTAMP.lower(), SIGNATURE.lower(), "other"]), TEXTS
)


MESSAGES = st.builds(
    Delivered,
    name=st.text(max_size=20),
    payload=st.none() | st.binary(max_size=200) | st.just(BODY),
    retained=st.booleans(),
    properties=TOLD,
    reply_to=TOPICS,
    correlation=st.binary(max_size=300),
)


@given(MESSAGES)
def test_whatever_comes_has_an_outcome(users: Users, said: Delivered) -> None:
    """No exception leaves, and no topic but one of a room of answers is written to."""
    (reply,), counted, _ = come(users, said)
    assert len(counted) == 1
    assert counted[0] in COMMAND_OUTCOMES
    if reply.answered:
        assert not said.retained
        _, begin, below = reply.to.partition("hashhedge/v1/main/user/")
        user, room, place = below.partition("/reply")
        assert begin
        assert room
        assert not set("/+#") & set(user)
        assert not set("+#") & set(place)
        assert place.count("/") <= 1
    json.dumps(reply.answer)

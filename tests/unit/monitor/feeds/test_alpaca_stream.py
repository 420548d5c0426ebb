"""Alpaca's stream: who is let in, what each refusal means, and where the key never shows."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from monitor.core.clock import parse_iso
from monitor.core.errors import FeedRejected
from monitor.feeds.alpaca import STREAM, parse
from monitor.feeds.streams import Halted, Refused, Reply, Subscribed
from tests.simulator.catalogue import ENVIRON
from tests.simulator.streaming import Mood
from tests.streaming import NOW, listening
from tests.unit.monitor.feeds.doubles import wait_until

KEYS = (ENVIRON["APCA_API_KEY_ID"], ENVIRON["APCA_API_SECRET_KEY"])


def said(*items: object) -> str:
    """Return one message of the provider."""
    return json.dumps(items)


def test_the_login_comes_first_and_the_subscription_after_it() -> None:
    """Nothing is sent unasked; what holds the key's place is filled in by whoever sends it."""
    assert STREAM.subscribe(STREAM.spec) == ()
    (login,) = parse(said({"T": "success", "msg": "connected"}), NOW, STREAM.spec)
    assert isinstance(login, Reply)
    assert [json.loads(text) for text in login.messages] == [
        {"action": "auth", "key": "{APCA_API_KEY_ID}", "secret": "{APCA_API_SECRET_KEY}"}
    ]
    (asked,) = parse(said({"T": "success", "msg": "authenticated"}), NOW, STREAM.spec)
    assert isinstance(asked, Reply)
    shares = list(STREAM.spec.instruments.values())
    assert [json.loads(text) for text in asked.messages] == [
        {"action": "subscribe", "trades": shares, "statuses": shares}
    ]


def test_what_is_confirmed_is_what_it_names() -> None:
    """A share that it leaves out is not confirmed, and one that nobody asked for is none of ours."""
    told = {"T": "subscription", "trades": ["RIOT", "AAPL"], "quotes": [], "bars": []}
    assert list(parse(said(told), NOW, STREAM.spec)) == [Subscribed(frozenset({"RIOT"}))]


@pytest.mark.parametrize(
    ("code", "tape", "halted"),
    [
        ("H", "C", True),
        ("P", "C", True),
        ("T", "C", False),
        ("2", "A", True),
        ("3", "A", False),
        ("Q", "C", None),  # quotes again, and no trade yet
        ("5", "A", None),  # a price indication
    ],
)
def test_a_halt_and_its_end(code: str, tape: str, halted: bool | None) -> None:
    """As the provider documents a trading status, with an invented share and reason."""
    status = {
        "T": "s",
        "S": "RIOT",
        "sc": code,
        "sm": "what the code means",
        "rc": "T1",
        "rm": "why",
        "t": "2025-07-17T14:31:00.25Z",
        "z": tape,
    }
    at = parse_iso("2025-07-17T14:31:00.250Z")
    told = [] if halted is None else [Halted("RIOT", at, halted)]
    assert list(parse(said(status), NOW, STREAM.spec)) == told


@pytest.mark.parametrize(
    ("code", "reason", "for_good"),
    [
        (402, "unauthorized", True),
        (405, "forbidden", True),
        (406, "throttled", False),
        (407, "server_error", False),
        (409, "forbidden", True),
        (410, "forbidden", True),
        (411, "forbidden", True),
        (500, "server_error", False),
    ],
)
def test_each_refusal_is_named(code: int, reason: str, for_good: bool) -> None:
    """A key or a plan waits for a person; a second connection or a slow one is tried again."""
    (frame,) = parse(said({"T": "error", "code": code, "msg": "why"}), NOW, STREAM.spec)
    assert isinstance(frame, Refused)
    assert (frame.error.reason, frame.instruments) == (reason, frozenset())
    assert isinstance(frame.error, FeedRejected) is for_good
    assert f"{code} 'why'" in str(frame.error)


@pytest.mark.parametrize("mood", [Mood.NORMAL, Mood.REFUSE, Mood.DROP, Mood.GARBAGE])
async def test_the_key_is_shown_nowhere(mood: Mood) -> None:
    """No log line, record, repr or address has a part of it, whatever the provider does."""
    with capture_logs() as logs:
        async with listening(STREAM, mood) as at:
            # by now a refused one may be closed again
            await wait_until(lambda: "alpaca" in at.simulator.streams.opened, "it was opened")
            await at.beat(5)
            shown = f"{logs} {at.streamer.record()} {at.streamer.connector!r} {at.streamer.spec!r}"
            assert not any(key in shown for key in KEYS)


async def test_a_wrong_key_waits_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, brings nothing, and is not tried again before a quarter of an hour has gone."""
    monkeypatch.setitem(ENVIRON, "APCA_API_SECRET_KEY", "of-yesterday")
    with capture_logs() as logs:
        async with listening(STREAM) as at:
            await at.beat(3)
            record = at.streamer.record()
            assert (record["error"], record["link"]) == ("unauthorized", "down")
            assert at.stored == []
            assert at.streamer.retry_at is not None
            assert at.streamer.retry_at - at.clock.now() > 600_000
    assert "of-yesterday" not in f"{logs} {record}"
    assert [line["reason"] for line in logs if line["event"] == "stream.ended"] == ["unauthorized"]

"""What one message on an ingest topic comes to, whatever is in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import ManualClock
from monitor.core.signature import SIGNATURE, TIMESTAMP, signature_of
from monitor.store.codec import MAX_BYTES
from monitor.telemetry.catalogue import INGEST_OUTCOMES
from monitor.web.admission import Admission, Taken
from monitor.web.delivery import Delivered, Reply
from monitor.web.inbound import Inbound
from monitor.web.subscription import MAX_PAYLOAD, Subscription
from tests.worlds import NOON

SECRET = "correct-horse-battery"  # noqa: S105  # made up
STAMP = str(NOON // 1_000)
BODY = json.dumps(
    {"quotes": [{"instrument": "GPU-HOUR", "value": "1.89", "observed_at": NOON, "fresh_ms": 9}]}
).encode()


@dataclass
class Till:
    """A `Receiver` that keeps what it is given, in memory."""

    taken: list[Inbound] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def admit(self, source: str) -> float:
        """Let everybody in."""
        del source
        return 0.0

    async def first(self, signature: str) -> bool:
        """Remember each."""
        is_new = signature not in self.seen
        self.seen.add(signature)
        return is_new

    async def forget(self, signature: str) -> None:
        """Forget one."""
        self.seen.discard(signature)

    async def take(self, source: str, told: Inbound) -> Taken:
        """Keep it."""
        assert source.startswith("external/")
        self.taken.append(told)
        return Taken(quotes=len(told.quotes), notices=0, refused={})

    def ended(self, outcome: str) -> None:
        """Keep it."""
        self.outcomes.append(outcome)


def door() -> tuple[Subscription, Till]:
    """Return a door at noon, and what it lets through."""
    till = Till()
    clock = ManualClock(NOON)
    admission = Admission(secret=SECRET, receiver=till, companies=dict, clock=clock)
    return Subscription(admission), till


def come(*messages: Delivered) -> tuple[list[Reply], Till]:
    """Return what each of the messages comes to, one after the other."""
    subscription, till = door()

    async def take_all() -> list[Reply]:
        return [await subscription.take(message) for message in messages]

    return asyncio.run(take_all()), till


def stamped(body: bytes = BODY, **changes: str) -> dict[str, str]:
    """Return the properties of a signed body."""
    good = {TIMESTAMP.lower(): STAMP, SIGNATURE.lower(): signature_of(SECRET, STAMP, body)}
    return good | {name.replace("_", "-"): text for name, text in changes.items()}


def wrapped(body: bytes = BODY, /, **changes: Any) -> bytes:
    """Return a payload that carries its own signature."""
    good = {"timestamp": STAMP, "signature": signature_of(SECRET, STAMP, body)}
    return json.dumps(good | {"body": body.decode()} | changes).encode()


@pytest.mark.parametrize(
    "message",
    [
        Delivered("desk", BODY, properties=stamped()),
        Delivered("desk", wrapped()),
        Delivered("desk", wrapped(), properties={"trace": "abc"}),
    ],
)
def test_a_signed_body_is_taken(message: Delivered) -> None:
    """In properties or in the payload; properties that are not ours do not matter."""
    (reply,), till = come(message)
    assert (reply.outcome, reply.is_done, reply.answered) == ("accepted", True, True)
    assert reply.answer["signature"] == signature_of(SECRET, STAMP, BODY)
    assert [quote.source for told in till.taken for quote in told.quotes] == ["external/desk"]
    assert till.outcomes == ["accepted"]


@pytest.mark.parametrize(
    ("message", "outcome", "answered"),
    [
        (Delivered("desk", BODY), "malformed", True),
        (Delivered("desk", b""), "malformed", True),
        (Delivered("desk", wrapped(more=1)), "malformed", True),
        (Delivered("desk", wrapped(timestamp=12)), "malformed", True),
        (Delivered("desk", wrapped(body="{}")), "unauthorized", True),
        (
            Delivered("desk", BODY, properties=stamped(x_hashhedge_signature="")),
            "unauthorized",
            True,
        ),
        (Delivered("desk", BODY, properties={SIGNATURE.lower(): "x"}), "unauthorized", True),
        # one of the two is enough to say where the signature is: the payload is no second try
        (Delivered("desk", wrapped(), properties={TIMESTAMP.lower(): STAMP}), "unauthorized", True),
        (Delivered("desk", b"{}", properties=stamped(b"{}")), "malformed", True),
        (Delivered("desk", None), "too_large", True),
        (Delivered("desk", b" " * (MAX_BYTES + 1), properties=stamped()), "too_large", True),
        (Delivered("desk", BODY, properties=stamped(), retained=True), "retained", False),
        (Delivered("", BODY, properties=stamped()), "malformed", False),
        (Delivered("a+b", BODY, properties=stamped()), "malformed", False),
    ],
)
def test_each_refusal_has_its_word(message: Delivered, outcome: str, answered: bool) -> None:
    """It is counted once under that word, said to the sender if there is a topic, and forgotten."""
    (reply,), till = come(message)
    assert (reply.outcome, reply.answered, reply.is_done) == (outcome, answered, True)
    assert (till.taken, till.outcomes) == ([], [outcome])
    assert reply.answer["message"]


def test_a_body_full_of_quotation_marks_fits_its_payload() -> None:
    """Escaped to twice its length it is not too large: the limit is that of the body."""
    body = b'"' * MAX_BYTES
    payload = wrapped(body)
    assert len(payload) <= MAX_PAYLOAD
    (reply,), _ = come(Delivered("desk", payload))
    assert reply.outcome == "malformed"


def test_the_same_is_taken_once() -> None:
    """The signature in a property or in the payload is the same signature."""
    replies, till = come(
        Delivered("desk", BODY, properties=stamped()), Delivered("other", wrapped())
    )
    assert [reply.outcome for reply in replies] == ["accepted", "repeated"]
    assert len(till.taken) == 1


NAMES = st.text(max_size=40) | st.just("desk")
TEXTS = st.text(max_size=80) | st.just(STAMP) | st.just(signature_of(SECRET, STAMP, BODY))
PROPERTIES = st.dictionaries(
    st.sampled_from([TIMESTAMP.lower(), SIGNATURE.lower(), "other"]), TEXTS, max_size=3
)


@given(NAMES, st.none() | st.binary(max_size=300), st.booleans(), PROPERTIES)
def test_whatever_comes_has_an_outcome(
    name: str, payload: bytes | None, retained: bool, properties: Mapping[str, str]
) -> None:
    """No exception leaves, nothing unsigned is taken, and the outcome is one that is counted."""
    (reply,), till = come(Delivered(name, payload, retained, properties))
    assert till.outcomes == [reply.outcome]
    assert reply.outcome in INGEST_OUTCOMES
    assert till.taken == []
    json.dumps(reply.answer)

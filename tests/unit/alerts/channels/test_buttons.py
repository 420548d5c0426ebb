"""Buttons: what is offered, and that a token is good for one thing only."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.buttons import (
    LIFE_MS,
    MAX_TOKEN,
    BadTokenError,
    Buttons,
    Press,
    buttons,
    claimed,
    id_of,
    proved,
    token_of,
    wish_of,
)
from alerts.model import AlertState, Line, Severity
from monitor.core.clock import SECOND
from monitor.core.signature import signature_of
from tests.transitions import AT, resolved, transition

ANA_KEY = "ana-has-a-key-of-her-own"
ANA = Buttons(user="ana", base_url="https://alerts.example.org/hh/", key=ANA_KEY)
CHART = "https://grafana.example.org/d/riot"
PRESS = Press(
    user="ana", verb="ack", rule="margin-low", key="RIOT", since=AT, ends_s=AT // SECOND + 60
)


def fault_of(token: str, key: str = ANA_KEY, now: int = AT) -> str:
    """Return why a token is refused."""
    with pytest.raises(BadTokenError) as raised:
        proved(token, key, now)
    assert ANA_KEY not in str(raised.value)
    return raised.value.fault


def test_there_are_three_buttons_while_an_alert_fires() -> None:
    """Acknowledge, snooze half an hour, open the chart; each of the first two proves its own verb."""
    fired = transition()
    ack, snooze, chart = buttons(ANA, fired, AT, CHART)
    assert [it.label for it in (ack, snooze, chart)] == [
        "Acknowledge",
        "Snooze 30 min",
        "Open chart",
    ]
    assert (chart.kind, chart.url) == ("view", CHART)
    for action, verb in ((ack, "ack"), (snooze, "snooze")):
        assert (action.kind, action.verb) == ("post", verb)
        assert action.url == "https://alerts.example.org/hh/api/v1/press"
        assert action.page == f"https://alerts.example.org/hh/press#{action.body}"
        press = proved(action.body, ANA_KEY, AT + LIFE_MS)
        assert (press.user, press.verb, press.since) == ("ana", verb, fired.since)
        assert (press.rule, press.key) == ("margin-low", "RIOT")
    assert wish_of(proved(ack.body, ANA_KEY, AT)) == {
        "rule": "margin-low",
        "key": "RIOT",
        "since": fired.since,
        "until": "resolved",
    }
    assert wish_of(proved(snooze.body, ANA_KEY, AT))["for"] == "30m"
    assert id_of(ack.body) != id_of(snooze.body)


def test_labels_speak_the_users_language() -> None:
    """Chinese for whoever reads it; English for a language that is not there."""
    made = buttons(replace(ANA, language="zh-CN"), transition(), AT, CHART)
    assert [it.label for it in made] == ["确认", "暂停 30 分钟", "打开图表"]
    assert buttons(replace(ANA, language="fr"), transition(), AT)[0].label == "Acknowledge"


@pytest.mark.parametrize(
    ("made", "changes"),
    [
        (replace(ANA, key=""), {}),
        (replace(ANA, base_url=""), {}),
        (ANA, {"test": True}),
        (ANA, {"members": ("r|A", "r|B")}),
        (ANA, {"to_state": AlertState.NOTED}),
        (ANA, {"to_state": AlertState.RESOLVED}),
    ],
)
def test_nothing_is_offered_that_cannot_be_done(made: Buttons, changes: dict[str, Any]) -> None:
    """Without a key or an address, for what is over, for a list, for a drill: the chart alone."""
    assert [it.kind for it in buttons(made, transition(**changes), AT, CHART)] == ["view"]
    assert buttons(made, transition(**changes), AT) == ()


def test_a_list_of_alerts_has_no_button() -> None:
    """It would not say which of them is meant."""
    line = Line(
        id="1",
        rule="r",
        key="A",
        severity=Severity.INFO,
        state=AlertState.FIRING,
        at=AT,
        value=None,
        unit="ratio",
        summary="",
    )
    assert buttons(ANA, transition(lines=(line,)), AT) == ()
    assert buttons(ANA, resolved(transition()), AT) == ()


def test_a_token_says_nothing_of_the_key_and_is_short() -> None:
    """Two of them, each twice, still fit what Apple's push service takes."""
    ack, snooze = buttons(ANA, transition(), AT)
    assert ANA_KEY not in repr((ANA, ack, snooze)) + ack.body
    assert len(ack.body) < 200


def test_a_token_expires() -> None:
    """At its second, and not before."""
    token = token_of(PRESS, ANA_KEY)
    ends = PRESS.ends_s * SECOND
    assert proved(token, ANA_KEY, ends) == PRESS
    assert fault_of(token, now=ends + 1) == "old_timestamp"


@given(
    st.builds(
        Press,
        user=st.text(max_size=32),
        verb=st.sampled_from(("ack", "snooze")),
        rule=st.text(max_size=100),
        key=st.text(max_size=100),
        since=st.integers(0, 2**53),
        ends_s=st.integers(AT // SECOND, 2**40),
    )
)
def test_what_is_said_is_read(press: Press) -> None:
    """Whatever letters there are in names; what has no room is refused, not cut."""
    try:
        token = token_of(press, ANA_KEY)
    except UnicodeEncodeError:
        return
    if len(token) > MAX_TOKEN:
        assert fault_of(token) == "malformed"
    else:
        assert proved(token, ANA_KEY, AT) == claimed(token) == press


@given(place=st.integers(0, 400), letter=st.sampled_from("Aa0_-.=+/\x00é"))
def test_a_changed_letter_is_seen(place: int, letter: str) -> None:
    """Wherever it stands: no other token means the same."""
    token = token_of(PRESS, ANA_KEY)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        assert fault_of(changed) in {"malformed", "bad_signature"}


@pytest.mark.parametrize(
    "changes",
    [{"verb": "snooze"}, {"user": "bob"}, {"key": "HIVE"}, {"since": AT + 1}, {"ends_s": 2**40}],
)
def test_the_proof_of_one_thing_is_none_of_another(changes: dict[str, Any]) -> None:
    """Another verb, user, alert, episode or end under the same signature is refused."""
    mine = token_of(PRESS, ANA_KEY)
    other = token_of(replace(PRESS, **changes), "the key of somebody else")
    mark, claims, _ = other.split(".")
    assert fault_of(f"{mark}.{claims}.{mine.rpartition('.')[2]}") == "bad_signature"


def test_no_other_verb_can_be_asked_for() -> None:
    """Even under the right key: a button acknowledges and snoozes, and that is all."""
    for claims in (
        ["ana", "rules.reload", "", "", AT, 2**40],
        ["ana", "silence.add", "*", "*", AT, 2**40],
        ["ana", "ack", "margin-low", "RIOT", AT],
        {"user": "ana"},
        None,
    ):
        said = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        assert fault_of(f"h1.{said}.{'A' * 43}") == "malformed"


def test_a_signed_command_is_no_button_and_a_button_signs_no_command() -> None:
    """The two keys are different ones, so neither proof stands in for the other."""
    token = token_of(PRESS, ANA_KEY)
    _, said, proof = token.split(".")
    digest = urlsafe_b64decode(proof + "=").hex()
    body = urlsafe_b64decode(said + "=" * (-len(said) % 4))
    for timestamp in ("", "h1", str(PRESS.ends_s)):
        assert signature_of(ANA_KEY, timestamp, body) != f"sha256={digest}"
        assert signature_of(ANA_KEY, timestamp, said.encode()) != f"sha256={digest}"
    hexed = signature_of(ANA_KEY, "h1", said.encode()).removeprefix("sha256=")
    forged = urlsafe_b64encode(bytes.fromhex(hexed)).rstrip(b"=").decode()
    assert fault_of(f"h1.{said}.{forged}") == "bad_signature"


@pytest.mark.parametrize("token", ["", "h1", "h1..", "h2.a.b", "h1.!.b", "x" * 5_000, "h1.W10.AA"])
def test_what_is_no_token_is_malformed(token: str) -> None:
    """Nothing of it is looked up."""
    assert fault_of(token) == "malformed"
    with pytest.raises(BadTokenError):
        claimed(token)


def test_claims_are_readable_by_the_page() -> None:
    """The page in the browser shows what it will press: the same list, from the same letters."""
    said = token_of(PRESS, ANA_KEY).split(".")[1]
    raw = urlsafe_b64decode(said + "=" * (-len(said) % 4))
    assert msgspec.json.decode(raw) == ["ana", "ack", "margin-low", "RIOT", AT, PRESS.ends_s]

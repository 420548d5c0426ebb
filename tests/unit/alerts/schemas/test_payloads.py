"""Payloads say what readers look for, and the committed schemas say what payloads are."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState, Transition
from alerts.reasons import Reason
from alerts.schemas import asyncapi, builders, generate, payloads, replies
from alerts.schemas.builders import Publisher, Stamp
from alerts.schemas.origin import Origin
from monitor.core.clock import HOUR, iso
from monitor.domain.commands import Listed, ReloadPlan
from monitor.domain.events import Quality, Reading
from tests.publishing import strict
from tests.transitions import AT, any_transition, transition

STAMP = Stamp(run="r1", seq=7, sent_at=AT + 150)
PUBLISHER = Publisher(instance="home", client_id="hh-0", run="r1", version="0.1.0", since=AT)
READING = Reading(41.2, Quality.OK, observed_at=AT)
SCHEMAS = generate.PAYLOADS | generate.REQUESTS
GONE = Reading(None, Quality.MISSING, "no quote of RIOT")


@functools.cache
def validator(schema_id: str) -> jsonschema.Draft202012Validator:
    """Return the strict validator of one committed schema."""
    schema = json.loads((generate.HERE / payloads.file_name(schema_id)).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(strict(schema))


def check(payload: msgspec.Struct) -> dict[str, Any]:
    """Validate the encoded payload against its committed schema and return it as read."""
    message: dict[str, Any] = json.loads(payloads.encode(payload))
    validator(message["schema"]).validate(message)
    return message


def test_a_rule_on_a_share_names_its_company() -> None:
    """The labels are its identity and stay as they are; readers look at `company`."""
    item = transition(labels={"instrument": "IREN"}, key="IREN", company="IREN")
    event = check(builders.alert_event(item, STAMP, Origin(dashboard_url="http://board")))
    assert (event["company"], event["labels"]) == ("IREN", {"instrument": "IREN"})


@pytest.mark.parametrize("why", [Reason.NO_DATA_ALERT, Reason.INPUT_UNUSABLE])
@pytest.mark.parametrize("word", ["stale", "disputed", "missing"])
def test_a_value_that_is_unknown_has_no_number_but_the_last_good_one(
    word: str, why: Reason
) -> None:
    """`value` null, `reason` what is wrong with it, the last good value and its time (row E11)."""
    item = transition(
        reason=why,
        from_state=AlertState.FIRING,
        to_state=AlertState.NO_DATA,
        value=None,
        quality=word,
        last_value=0.08,
        last_at=AT - 60_000,
    )
    event = check(builders.alert_event(item, STAMP, Origin()))
    state = check(builders.alert_state(item, STAMP, Origin()))
    for message in (event, state):
        assert (message["value"], message["reason"]) == (None, word)
        assert message["last_value"] == 0.08
        assert message["last_value_at"] == iso(AT - 60_000)


def all_payloads() -> Iterator[msgspec.Struct]:
    """Yield one payload of each kind."""
    yield builders.alert_event(transition(), STAMP, Origin())
    yield builders.alert_state(transition(), STAMP, Origin())
    yield builders.status_detail(
        online=True, reason="started", publisher=PUBLISHER, protocol="5.0", sent_at=AT
    )
    yield builders.company_state(
        "RIOT", {"b": (READING, "USD"), "a": (GONE, "ratio")}, STAMP, computed_at=AT
    )
    yield builders.market_state(
        "BTC-USD",
        builders.reading_now(READING, "USD"),
        STAMP,
        sources=("coinbase", "kraken"),
        session=None,
        agreed_at=AT,
    )
    yield builders.feed_state(
        "coinbase",
        STAMP,
        state="fresh",
        reason="timeout",
        changed_at=AT,
        last_success_at=None,
    )
    some = Listed(total=1, names=("r",))
    yield replies.CommandReply(
        id="1",
        at=iso(AT),
        accepted=True,
        text="read",
        plan=ReloadPlan(rules=1, version="v", added=some, removed=some, changed=some, ends=some),
    )


@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_committed_schemas_are_up_to_date(schema_id: str) -> None:
    """The schema files must be what the structs generate today."""
    committed = (generate.HERE / payloads.file_name(schema_id)).read_text()
    assert committed == generate.rendered(schema_id), "run: python -m alerts.schemas.generate"


def test_every_payload_has_a_schema_it_meets() -> None:
    """Each kind of payload must validate strictly, and each schema must have a payload."""
    seen = {check(payload)["schema"] for payload in all_payloads()}
    assert seen == set(generate.PAYLOADS)
    files = {path.name for path in generate.HERE.glob("*.json")}
    assert files == {payloads.file_name(schema_id) for schema_id in SCHEMAS} | {asyncapi.FILE}


def test_readers_may_meet_new_fields() -> None:
    """The published schema must accept a field it does not know, or readers break at an update."""
    message = check(builders.alert_event(transition(), STAMP, Origin())) | {"later": 1}
    schema = generate.json_schema(message["schema"])
    jsonschema.Draft202012Validator(schema).validate(message)


@given(any_transition(), st.booleans())
def test_any_transition_makes_valid_payloads(given_transition: Transition, replay: bool) -> None:
    """Whatever is in a transition, event and state must meet their schemas."""
    origin = Origin(dashboard_url="http://x/d", explain_url="http://x/e", replay=replay)
    event = check(builders.alert_event(given_transition, STAMP, origin))
    state = check(builders.alert_state(given_transition, STAMP, origin))
    assert event["id"] == state["id"] == given_transition.id
    assert event["replay"] is replay


def test_an_event_says_what_readers_look_for() -> None:
    """The fields of the contract must hold the transition's facts, with event and wall time."""
    message = check(builders.alert_event(transition(), STAMP, Origin()))
    expected = {
        "type": "alert.firing",
        "time": "2026-01-12T14:56:00.000Z",
        "sent_at": "2026-01-12T14:56:00.150Z",
        "since": "2026-01-12T14:51:00.000Z",
        "observed_at": "2026-01-12T14:55:58.000Z",
        "expires_at": iso(AT + 24 * HOUR),
        "seq": 7,
        "run": "r1",
        "severity": "critical",
        "state": "firing",
        "reason": "held_for",
        "rule": "margin-low",
        "company": "RIOT",
        "value": 0.08,
        "unit": "ratio",
        "threshold": 0.1,
        "inputs": [{"name": "hashprice_usd_ph_day", "value": 41.2, "age_s": 2.0}],
        "links": {},
        "test": False,
        "replay": False,
    }
    assert {name: message[name] for name in expected} == expected
    assert message["distance"] == pytest.approx(-0.02)


def test_unknown_is_null_never_zero() -> None:
    """Without a value there must be no value and no distance."""
    lost = transition(value=None, to_state=AlertState.NO_DATA)
    message = check(builders.alert_event(lost, STAMP, Origin()))
    assert (message["value"], message["distance"]) == (None, None)


def test_a_drill_says_so() -> None:
    """Every message made of a drill must carry the mark."""
    assert check(builders.alert_event(transition(test=True), STAMP, Origin()))["test"] is True
    assert check(builders.alert_state(transition(test=True), STAMP, Origin()))["test"] is True


def test_links_lead_to_rule_company_and_transition() -> None:
    """Links must be built from the bases that are set, with words encoded."""
    origin = Origin(
        dashboard_url="https://g/d/hh", runbook_url="https://r/runbooks", explain_url="https://e"
    )
    odd = transition(rule="a/b", labels={"company": "R&T"}, id="77")
    links = check(builders.alert_event(odd, STAMP, origin))["links"]
    assert links == {
        "dashboard": "https://g/d/hh?var-rule=a%2Fb&var-company=R%26T"
        f"&from={odd.at - 3_600_000}&to={odd.at + 3_600_000}",
        "runbook": "https://r/runbooks/a%2Fb",
        "explain": "https://e/77",
    }


def test_company_readings_keep_their_reason() -> None:
    """A reading without a value must say why, and readings come in the order of their names."""
    message = check(
        builders.company_state(
            "RIOT", {"b": (READING, "USD"), "a": (GONE, "ratio")}, STAMP, computed_at=AT
        )
    )
    assert list(message["readings"]) == ["a", "b"]
    assert message["readings"]["a"] == {
        "value": None,
        "unit": "ratio",
        "quality": "missing",
        "reason": "no quote of RIOT",
        "observed_at": None,
    }

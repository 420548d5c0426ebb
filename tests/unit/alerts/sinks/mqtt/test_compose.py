"""From a transition to messages: where the news of a user's own rule goes, and what stands beside it."""

from __future__ import annotations

import json

import pytest

from alerts.schemas.builders import Origin, Publisher
from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.properties import PublishProperties
from alerts.topics import Topics
from tests.transitions import transition

BASE = "hashhedge/v1/main"


@pytest.mark.parametrize(
    ("rule", "inboxes", "owner"),
    [("margin-thin", [], None), ("ana.margin-thin", [f"{BASE}/user/ana/inbox"], "ana")],
)
def test_news_of_a_users_rule_goes_to_the_inbox_too(
    rule: str, inboxes: list[str], owner: str | None
) -> None:
    """Under the same id, with the owner's name; that of the rulebook's goes to no inbox."""
    publisher = Publisher(instance="main", client_id="c", run="1", version="0", since=0)
    composer = Composer(Topics("main"), publisher, Origin())
    change = transition(rule=rule, key="RIOT")
    events = composer.alert(change, "5.0", change.at, with_event=True)[:-1]
    assert [it.topic for it in events] == [f"{BASE}/alert/{rule}/RIOT/event", *inboxes]
    said = [json.loads(it.payload) for it in events]
    assert {(it["id"], it["owner"]) for it in said} == {(change.id, owner)}


def test_what_mqtt_5_says_of_the_company_is_what_the_payload_says() -> None:
    """A rule on a share has no such label, and is about a company all the same."""
    publisher = Publisher(instance="main", client_id="c", run="1", version="0", since=0)
    composer = Composer(Topics("main"), publisher, Origin())
    change = transition(labels={"instrument": "IREN"}, key="IREN", company="IREN")
    for message in composer.alert(change, "5.0", change.at, with_event=True):
        payload = json.loads(message.payload)
        facts = tuple((name, payload[name]) for name in ("schema", "severity", "company"))
        unchanging = PublishProperties(None, facts).pack()[1:]
        assert payload["company"] == "IREN"
        assert message.properties is not None
        assert unchanging in message.properties.pack()

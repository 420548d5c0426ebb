"""From a transition to messages: where the news of a user's own rule goes, and what stands beside it."""

from __future__ import annotations

import json

import pytest

from alerts.schemas.builders import Publisher
from alerts.schemas.origin import Origin
from alerts.sinks.mqtt.compose import Composer
from alerts.sinks.mqtt.properties import PublishProperties
from alerts.topics import Topics
from tests.transitions import transition

BASE = "hashhedge/v1/main"


@pytest.mark.parametrize(
    ("rule", "topics", "owner"),
    [
        ("margin-thin", ["alert/margin-thin/RIOT/event", "alert/margin-thin/RIOT/state"], None),
        (
            "ana.margin-thin",
            [
                "user/ana/event/margin-thin.RIOT",
                "user/ana/inbox",
                "user/ana/state/margin-thin.RIOT",
            ],
            "ana",
        ),
    ],
)
def test_news_of_a_users_rule_goes_below_that_user_alone(
    rule: str, topics: list[str], owner: str | None
) -> None:
    """Event, inbox and state, under the same id; that of the rulebook's goes to no inbox (I12)."""
    publisher = Publisher(instance="main", client_id="c", run="1", version="0", since=0)
    composer = Composer(Topics("main"), publisher, Origin())
    change = transition(rule=rule, key="RIOT")
    messages = composer.alert(change, "5.0", change.at, with_event=True)
    assert [it.topic for it in messages] == [f"{BASE}/{topic}" for topic in topics]
    assert [it.retain for it in messages] == [
        topic.split("/")[-2] == "state" or topic.endswith("/state") for topic in topics
    ]
    said = [json.loads(it.payload) for it in messages]
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

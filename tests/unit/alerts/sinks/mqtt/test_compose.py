"""From a transition to messages: where the news of a user's own rule goes."""

from __future__ import annotations

import json

import pytest

from alerts.schemas.builders import Origin, Publisher
from alerts.sinks.mqtt.compose import Composer
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

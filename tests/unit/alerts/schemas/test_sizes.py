"""A message about several alerts has as many as fit, and counts the others (row F30)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.letters import digest_letter, letter_of
from alerts.model import AlertState, News, Transition
from alerts.schemas import builders, cloudevents, payloads, sizes
from alerts.schemas.builders import Stamp
from alerts.schemas.origin import Origin
from alerts.schemas.payloads import AlertEvent
from tests.transitions import AT, transition

STAMP = Stamp(run="r1", seq=7, sent_at=AT)


def event(item: Transition) -> AlertEvent:
    """Return the event of a transition."""
    return builders.alert_event(item, STAMP, Origin(dashboard_url="https://g.example/d/hh"))


def digest(count: int, summary: str = "it fell") -> Transition:
    """Return the digest of so many alerts."""
    items = [transition(key=f"K{place:03}", summary=summary) for place in range(count)]
    return digest_letter([letter_of(it, "ana", AT) for it in items], AT).transition


@given(st.integers(min_value=1, max_value=130), st.text(max_size=500))
def test_a_digest_fits_and_counts_what_it_leaves_out(count: int, summary: str) -> None:
    """Whatever the lines say: the first of them, and none is lost count of."""
    whole = event(digest(count, summary))
    payload = sizes.fitted(whole, payloads.encode)
    told = json.loads(payload)
    assert len(payload) <= sizes.MAX_BYTES
    assert len(told["lines"]) + told["more"] == count
    assert told["lines"] == json.loads(payloads.encode(whole))["lines"][: len(told["lines"])]
    assert told["members"] == [f"{it['rule']}|{it['key']}" for it in told["lines"]]


def test_it_has_all_that_fits() -> None:
    """One more line would be too much."""
    whole = event(digest(40))
    kept = len(json.loads(sizes.fitted(whole, payloads.encode))["lines"])
    assert 10 < kept < 40
    tight = sizes.most_that_fit(lambda count: sizes.MAX_BYTES * count, 3)
    assert (tight, sizes.most_that_fit(lambda _: 0, 3)) == (1, 3)
    assert sizes.most_that_fit(lambda _: sizes.MAX_BYTES + 1, 3, 2) == 2


def test_an_envelope_counts_too() -> None:
    """A CloudEvent is larger than its data, and as a whole no larger than a message."""
    payload = sizes.fitted(
        event(digest(40)),
        lambda it: payloads.encode(cloudevents.cloud_event(it, "hashhedge/v1/main", "alert/x")),
    )
    data = json.loads(payload)["data"]
    assert len(payload) <= sizes.MAX_BYTES
    assert len(data["lines"]) + data["more"] == 40


@pytest.mark.parametrize("count", [0, 300])
def test_news_with_members_alone_fits(count: int) -> None:
    """The summary of a silence names alerts without a line each; one alert stays as it is."""
    members = tuple(f"mining-margin-thin|K{place:03}" for place in range(count))
    item = transition(rule=News.SILENCE.value, to_state=AlertState.NOTED, members=members)
    told = json.loads(sizes.fitted(event(item), payloads.encode))
    assert len(told["members"]) + told["more"] == count
    assert (told["more"] > 0) is (count > 0)


@pytest.mark.parametrize(("values", "kept"), [(3, 3), (20, 20), (90, None)])
def test_of_a_rule_on_many_values_it_has_those_that_fit(values: int, kept: int | None) -> None:
    """Who told them gives way first: a rule may read 20 values of a dozen venues each."""
    venues = [f"venue-of-some-name-{place:02}" for place in range(12)]
    inputs = tuple(
        {"name": f"value_{place:02}", "value": 1.5, "unit": "USD", "sources": venues}
        for place in range(values)
    )
    payload = sizes.fitted(event(transition(inputs=inputs)), payloads.encode)
    told = json.loads(payload)["inputs"]
    assert len(payload) <= sizes.MAX_BYTES
    assert [it["name"] for it in told] == [it["name"] for it in inputs[: len(told)]]
    assert all(("sources" in it) is (values == 3) for it in told)
    assert len(told) == kept or (kept is None and 20 < len(told) < values)

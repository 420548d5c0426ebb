"""The topic tree: names, levels, and how each kind is delivered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Severity
from alerts.topics import (
    DELIVERY,
    EVENT_LIFETIME,
    MAX_LEVEL_BYTES,
    MAX_LEVELS,
    Expiry,
    Kind,
    Topic,
    Topics,
    escape_level,
    filter_of,
    unescape_level,
)
from monitor.core.clock import HOUR

TEXT = st.text(st.characters(codec="utf-8"), max_size=15)


def all_topics(topics: Topics, word: str) -> list[Topic]:
    """Return one topic of each kind with `word` wherever a word may stand."""
    return [
        topics.status(),
        topics.status_detail(),
        topics.feed_state(word),
        topics.market_tick(word),
        topics.market_state(word),
        topics.company_state(word),
        topics.alert_state(word.replace(".", "-"), word),  # no id of a rulebook has a point
        topics.alert_event(word.replace(".", "-"), word),
        topics.user_inbox(word),
        topics.alert_state("ana.thin", word),
        topics.alert_event("ana.thin", word),
        topics.user_reply(word),
        topics.user_reply(word, word),
        topics.command(word),
        topics.ingest(word),
        topics.ingest_answer(word),
        topics.meta(word),
    ]


def test_topics_are_the_documented_ones() -> None:
    """The tree must be the one in the contract, word for word."""
    assert [topic.name for topic in all_topics(Topics("home"), "X")] == [
        "hashhedge/v1/home/status",
        "hashhedge/v1/home/status/detail",
        "hashhedge/v1/home/feed/X/state",
        "hashhedge/v1/home/market/X/tick",
        "hashhedge/v1/home/market/X/state",
        "hashhedge/v1/home/company/X/state",
        "hashhedge/v1/home/alert/X/X/state",
        "hashhedge/v1/home/alert/X/X/event",
        "hashhedge/v1/home/user/X/inbox",
        "hashhedge/v1/home/user/ana/state/thin.X",
        "hashhedge/v1/home/user/ana/event/thin.X",
        "hashhedge/v1/home/user/X/reply",
        "hashhedge/v1/home/user/X/reply/X",
        "hashhedge/v1/home/cmd/X",
        "hashhedge/v1/home/ingest/X",
        "hashhedge/v1/home/ingest/X/answer",
        "hashhedge/v1/home/meta/X",
    ]
    assert [filter_of(kind) for kind in (Kind.COMMAND, Kind.USER_REPLY_PLACE)] == [
        "cmd/+",
        "user/+/reply/+",
    ]


def test_every_kind_has_a_topic_and_a_delivery() -> None:
    """No kind may be without a topic, none without its row in the delivery table."""
    kinds = [topic.kind for topic in all_topics(Topics("home"), "X")]
    assert sorted(kinds) == sorted(Kind)
    assert set(DELIVERY) == set(Kind)


def test_state_is_retained_and_events_never_are() -> None:
    """What is stays with the broker; what happened must not come again at a reconnect."""
    happened = {Kind.ALERT_EVENT, Kind.USER_ALERT_EVENT, Kind.MARKET_TICK, Kind.USER_INBOX}
    said = {Kind.COMMAND, Kind.USER_REPLY, Kind.USER_REPLY_PLACE, Kind.INGEST, Kind.INGEST_ANSWER}
    assert {kind for kind in Kind if not DELIVERY[kind].retain} == happened | said
    assert {kind for kind in Kind if DELIVERY[kind].qos == 0} == {
        Kind.MARKET_TICK,
        Kind.INGEST_ANSWER,
    }
    assert all(
        (DELIVERY[kind].expiry_ms is not None) == (DELIVERY[kind].expiry is Expiry.FIXED)
        for kind in Kind
    )


def test_news_lives_longer_the_louder_it_is() -> None:
    """Critical news must live a day, a warning six hours, information one."""
    assert [EVENT_LIFETIME[severity] for severity in Severity] == [24 * HOUR, 6 * HOUR, HOUR]


@given(instance=TEXT, word=TEXT)
def test_no_word_can_leave_its_level(instance: str, word: str) -> None:
    """Whatever a rule, a key or an instance is called, the levels and the tree must hold."""
    plain = all_topics(Topics("home"), "X")
    for topic, model in zip(all_topics(Topics(instance), word), plain, strict=True):
        levels = topic.name.split("/")
        assert len(levels) == len(model.name.split("/")) <= MAX_LEVELS
        assert all(levels)
        assert not set("+#$ \x00") & set(topic.name)


@given(
    rule=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True),
    keys=st.lists(TEXT, min_size=2, max_size=2, unique=True),
)
def test_no_two_alerts_of_an_owner_share_a_topic(rule: str, keys: list[str]) -> None:
    """A subject may have points in it; the first one still ends the rule's id."""
    first, second = (Topics("home").alert_state(f"ana.{rule}", key) for key in keys)
    assert first.name != second.name
    said = unescape_level(first.name.rsplit("/", 1)[1])
    assert said.partition(".")[::2] == (rule, keys[0])


@given(TEXT)
def test_a_level_can_be_read_back(text: str) -> None:
    """Escaping must lose nothing, so no two words share a topic."""
    assert unescape_level(escape_level(text)) == text


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("BTC-USD", "BTC-USD"),
        ("network.height", "network.height"),
        ("a/b+c#", "a%2Fb%2Bc%23"),
        ("", "_"),
        ("_", "%5F"),
        ("$SYS", "%24SYS"),
        ("矿", "%E7%9F%BF"),
    ],
)
def test_levels_by_example(text: str, level: str) -> None:
    """Tickers and metric names must stay readable; only what could harm is encoded."""
    assert escape_level(text) == level


def test_a_level_too_long_is_refused() -> None:
    """A word of any length must not make a topic that a broker refuses."""
    escape_level("x" * MAX_LEVEL_BYTES)
    with pytest.raises(ValueError, match="longer than 200 bytes"):
        escape_level("x" * (MAX_LEVEL_BYTES + 1))

"""Routing: who is told of a transition, and why everybody else is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState, Line, News, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.routing import (
    HELD,
    NO_PAST,
    Past,
    Scene,
    Verdict,
    letter_id,
    route,
    routes,
    thread_of,
)
from monitor.core.clock import HOUR, MINUTE
from tests.people import book, moment, team, user
from tests.transitions import AT, any_transition, resolved, transition

ANA, BEN = user("ana"), user("ben")
WARNING = Severity.WARNING
THREE = moment("2026-03-04T03:00+08:00")
SEVEN = moment("2026-03-04T07:00+08:00")
SLEEPER: dict[str, Any] = {"zone": "Asia/Shanghai", "quiet": [{"from": "22:00", "to": "07:00"}]}


def scene(*users: Any, **changes: Any) -> Scene:
    """Return a scene with these users."""
    teams = changes.pop("teams", ())
    return Scene(**{"now": AT + 1_000, "book": book(*users, teams=teams), **changes})


def verdict(item: Transition, who: Any, **changes: Any) -> Verdict:
    """Return the verdict for one user alone."""
    return route(item, who, scene(who, **changes)).verdict


def news(news_: News, **changes: Any) -> Transition:
    """Return news without a rule."""
    return transition(
        rule=news_.value,
        key="x",
        labels={},
        to_state=AlertState.NOTED,
        reason=Reason.HAPPENED,
        **changes,
    )


FIRE = transition(severity=WARNING)


@pytest.mark.parametrize(
    ("said", "item", "expected"),
    [
        ({}, FIRE, Verdict.SENT),
        ({"follows": {"companies": ["RIOT"]}}, FIRE, Verdict.SENT),
        ({"follows": {"companies": ["RIOT"]}}, transition(key="HIVE"), Verdict.NOT_FOLLOWED),
        ({"follows": {"rules": ["margin-low"]}}, FIRE, Verdict.SENT),
        ({"follows": {"rules": ["other"]}}, FIRE, Verdict.NOT_FOLLOWED),
        ({"follows": {"tags": ["miner"]}}, FIRE, Verdict.SENT),
        ({"follows": {"tags": ["ai_host"]}}, FIRE, Verdict.NOT_FOLLOWED),
        ({"follows": {"tags": ["litigation"]}}, transition(flags=("litigation",)), Verdict.SENT),
        ({"follows": {"watchlists": ["mine"]}}, FIRE, Verdict.SENT),
        ({"follows": {"watchlists": ["mine"]}}, transition(key="HIVE"), Verdict.NOT_FOLLOWED),
        ({"follows": {"watchlists": ["none"]}}, FIRE, Verdict.NOT_FOLLOWED),
        ({"severity": "critical"}, FIRE, Verdict.SEVERITY_BELOW),
        ({"severity": "critical"}, transition(), Verdict.SENT),
        # a share's own price is about its company, though its key is the share
        (
            {"follows": {"companies": ["RIOT"]}},
            transition(labels={"instrument": "RIOT"}, company="RIOT"),
            Verdict.SENT,
        ),
        ({}, transition(muted_by="silence:1"), Verdict.MUTED),
        ({}, msgspec.structs.replace(FIRE, notice=None), Verdict.NO_NEWS),
    ],
)
def test_what_is_followed_is_sent_and_the_rest_says_why_not(
    said: dict[str, Any], item: Transition, expected: Verdict
) -> None:
    """Company, rule, tag, watch list and severity decide, each with its own reason (F22, F23)."""
    lists = {"mine": frozenset({"RIOT", "BTC-USD"})}
    found = verdict(item, user(**said), lists=lists, tags=frozenset({"miner"}))
    assert found is expected
    assert found.words


def test_several_users_hear_of_one_rule() -> None:
    """Each has a verdict of his own."""
    ana, ben, bea = user("ana"), user("ben", severity="critical"), user("bea")
    found = routes(FIRE, scene(ana, ben, bea))
    assert [(it.user, it.verdict) for it in found] == [
        ("ana", Verdict.SENT),
        ("ben", Verdict.SEVERITY_BELOW),
        ("bea", Verdict.SENT),
    ]


def test_a_member_follows_what_the_team_follows() -> None:
    """Beside what he follows himself."""
    desk = team("desk", follows={"companies": ["RIOT"]})
    ana = user("ana", teams=["desk"], follows={"companies": ["HIVE"]})
    assert verdict(FIRE, ana, teams=(desk,)) is Verdict.SENT
    assert verdict(transition(key="HIVE"), ana, teams=(desk,)) is Verdict.SENT
    assert verdict(transition(key="MARA"), ana, teams=(desk,)) is Verdict.NOT_FOLLOWED


@pytest.mark.parametrize("what", ["company:RIOT", "rule:margin-low", "tag:miner", "watchlist:w"])
def test_following_and_unfollowing_by_command(what: str) -> None:
    """It counts over the file, and an unfollowed thing is not pushed whatever else fits (L36)."""
    changes: dict[str, Any] = {
        "tags": frozenset({"miner"}),
        "lists": {"w": frozenset({"RIOT"})},
    }
    picky = user(follows={"companies": ["HIVE"]})
    assert verdict(FIRE, picky, **changes) is Verdict.NOT_FOLLOWED
    changes["wishes"] = {"ana": {what: True}}
    assert verdict(FIRE, picky, **changes) is Verdict.SENT
    changes["wishes"] = {"ana": {what: False}}
    assert verdict(FIRE, user(), **changes) is Verdict.UNFOLLOWED


def test_the_first_thing_followed_by_command_ends_everything() -> None:
    """Who follows nothing by name is told of all; from the first name on, of those."""
    assert verdict(transition(key="HIVE"), ANA) is Verdict.SENT
    wishes = {"ana": {"company:RIOT": True}}
    assert verdict(transition(key="HIVE"), ANA, wishes=wishes) is Verdict.NOT_FOLLOWED


def test_a_rule_of_ones_own_is_for_its_owner() -> None:
    """Nobody else hears of it, not even where he names it (I12)."""
    own = transition(rule="ben.quarter", severity=Severity.INFO)
    assert verdict(own, user("ben", severity="critical", follows={"tags": ["x"]})) is Verdict.SENT
    assert verdict(own, ANA) is Verdict.ANOTHERS
    assert verdict(own, user(follows={"companies": ["RIOT"]})) is Verdict.ANOTHERS
    assert verdict(own, user(follows={"rules": ["ben.quarter"]})) is Verdict.ANOTHERS
    assert verdict(own, user(), wishes={"ana": {"rule:ben.quarter": True}}) is Verdict.ANOTHERS


def test_an_escalation_goes_to_its_target_alone() -> None:
    """A user or a whole team, whatever each follows; nobody else (E26)."""
    to_ben = transition(inbox="ben", notice=NoticeReason.ESCALATION)
    assert verdict(to_ben, user("ben", follows={"companies": ["HIVE"]})) is Verdict.SENT
    assert verdict(to_ben, ANA) is Verdict.ANOTHERS
    to_desk = transition(inbox="desk", notice=NoticeReason.ESCALATION)
    desk = (team("desk"),)
    assert verdict(to_desk, user("ana", teams=["desk"]), teams=desk) is Verdict.SENT
    assert verdict(to_desk, BEN, teams=desk) is Verdict.ANOTHERS


def test_a_broken_channel_is_news_for_the_team_ops() -> None:
    """Nobody else learns whose telephone does not work, though he follows everything."""
    item = news(News.CHANNEL, severity=WARNING)
    ops = user("ana", teams=["ops"], follows={"companies": ["RIOT"]})
    assert verdict(item, ops, teams=(team("ops"),)) is Verdict.SENT
    assert verdict(item, ANA) is Verdict.NOT_FOLLOWED
    assert verdict(item, user(follows={"rules": [News.CHANNEL.value]})) is Verdict.SENT


def test_a_message_about_several_is_for_who_follows_one_of_them() -> None:
    """A group's digest with RIOT in it goes to who follows RIOT."""
    line = Line(
        id="1",
        rule="margin-low",
        key="RIOT",
        severity=WARNING,
        state=AlertState.FIRING,
        at=AT,
        value=1.0,
        unit="",
        summary="",
    )
    item = news(News.DIGEST, lines=(line,), notice=NoticeReason.DIGEST)
    assert verdict(item, user(follows={"companies": ["RIOT"]})) is Verdict.SENT
    assert verdict(item, user(follows={"companies": ["HIVE"]})) is Verdict.NOT_FOLLOWED


def test_at_three_in_the_night_a_warning_is_held_and_a_critical_one_goes() -> None:
    """Held until the end of the quiet hours of the user's own zone (F21)."""
    sleeper = user(**SLEEPER)
    found = route(FIRE, sleeper, scene(sleeper, now=THREE))
    assert (found.verdict, found.until) == (Verdict.QUIET_HOURS, SEVEN)
    assert verdict(transition(), sleeper, now=THREE) is Verdict.SENT
    assert verdict(FIRE, sleeper, now=SEVEN) is Verdict.SENT
    light = user(**SLEEPER, wakes=["critical", "warning"])
    assert verdict(FIRE, light, now=THREE) is Verdict.SENT


def test_an_end_stays_with_its_fire() -> None:
    """Whose fire is held is held, critical or not; whose fire was told is told; else neither."""
    sleeper = user(**SLEEPER)
    end = resolved(FIRE, severity=Severity.CRITICAL)
    thread = frozenset({thread_of(FIRE, "ana")})
    held = {"ana": Past(held=thread)}
    assert verdict(end, sleeper, now=THREE, pasts=held) is Verdict.WITH_ITS_FIRE
    told = {"ana": Past(told=thread)}
    assert verdict(end, sleeper, now=THREE, pasts=told) is Verdict.SENT
    assert verdict(end, sleeper, now=SEVEN) is Verdict.UNTOLD


def test_the_end_of_what_was_told_is_told_however_loud_it_is() -> None:
    """A critical alert that ends as a warning ends for who wants critical ones alone."""
    loud = user(severity="critical")
    told = {"ana": Past(told=frozenset({thread_of(FIRE, "ana")}))}
    assert verdict(resolved(FIRE, severity=WARNING), loud, pasts=told) is Verdict.SENT


def test_beyond_the_cap_it_waits_for_room() -> None:
    """The oldest of the last hour makes room; a critical alert does not wait."""
    capped = user(cap_per_hour=2)
    now = AT + HOUR
    sent = (now - 61 * MINUTE, now - 50 * MINUTE, now - 5 * MINUTE)
    pasts = {"ana": Past(sent_at=sent)}
    found = route(FIRE, capped, scene(capped, now=now, pasts=pasts))
    assert (found.verdict, found.until) == (Verdict.CAPPED, now + 10 * MINUTE)
    assert verdict(transition(), capped, now=now, pasts=pasts) is Verdict.SENT
    fewer = {"ana": replace(NO_PAST, sent_at=sent[:2])}
    assert verdict(FIRE, capped, now=now, pasts=fewer) is Verdict.SENT


def test_ids_are_of_the_alert_and_the_user() -> None:
    """Fire and end share a thread at one user; no two users share anything."""
    end = resolved(FIRE)
    assert thread_of(FIRE, "ana") == thread_of(end, "ana") != thread_of(FIRE, "ben")
    ids = {letter_id(item, name) for item in (FIRE, end) for name in ("ana", "ben")}
    assert len(ids) == 4


@given(any_transition(), st.integers(0, 2**41), st.booleans())
def test_every_transition_has_a_verdict(item: Transition, now: int, told: bool) -> None:
    """None is lost: it is sent, held until a moment to come, or left out for a named reason."""
    who = user(**SLEEPER, cap_per_hour=1)
    thread = frozenset({thread_of(item, "ana")})
    pasts = {"ana": Past(told=thread if told else frozenset(), sent_at=(now - 1,))}
    found = route(item, who, scene(who, now=now, pasts=pasts))
    assert (found.verdict in HELD) is (found.until is not None)
    assert found.until is None or found.until > now

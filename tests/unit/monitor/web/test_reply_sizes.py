"""Answers over MQTT fit into one small message, and say what they leave out (row F30)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from alerts.schemas.payloads import LineNow
from alerts.schemas.replies import ReportNow
from alerts.schemas.sizes import MAX_BYTES
from monitor.core.clock import iso
from monitor.domain.commands import Listed, ReloadPlan
from monitor.web.command_outcomes import told
from monitor.web.reply_sizes import FIRING_SHOWN, fitted, in_parts
from tests.transitions import AT


def line(place: int, summary: str = "it fell") -> LineNow:
    """Return one piece of news."""
    return LineNow(
        id=f"{place:032}",
        rule="mining-margin-thin",
        key=f"K{place:03}",
        severity="warning",
        state="firing",
        time=iso(AT + place),
        value=0.123456789012,
        unit="ratio",
        summary=summary,
    )


def answer(**facts: Any) -> dict[str, Any]:
    """Return an answer as it leaves the door."""
    return told(id="1", at=iso(AT), accepted=True, text="done", **facts)


def size(said: dict[str, Any]) -> int:
    """Return how many bytes an answer has."""
    return len(msgspec.json.encode(said))


def report(firing: int, companies: int, unwell: int = 0) -> dict[str, Any]:
    """Return a report of so many of each."""
    headline = {"mining_margin_ratio": 0.123456789012, "break_even_btc_usd": 61234.56789}
    return answer(
        report=ReportNow(
            firing=tuple(line(place) for place in range(firing)),
            feeds=unwell,
            unwell={f"feed-{place:04}": "dead" for place in range(unwell)},
            market={"BTC-USD": 1.0},
            companies={f"T{place:03}": headline for place in range(companies)},
        )
    )


def test_what_fits_is_left_alone() -> None:
    """No field of it changes."""
    for said in (answer(), answer(history=(line(1),)), report(2, 3)):
        assert fitted(said) == said


def test_a_history_comes_in_parts_the_oldest_news_first() -> None:
    """Nothing is left out, each part fits with its expiry, and says which of how many it is."""
    whole = answer(history=tuple(line(place) for place in range(100)))
    parts = in_parts(whole)
    assert [(it["part"], it["parts"]) for it in parts] == [(n, len(parts)) for n in range(1, 7)]
    assert [news for part in parts for news in part["history"]] == list(whole["history"])
    assert all(size(it | {"expires_at": iso(AT)}) <= MAX_BYTES for it in parts)
    (one,) = in_parts(answer(history=(line(1),)))
    assert (one["part"], one["parts"]) == (1, 1)


def test_a_piece_of_news_that_is_too_large_alone_is_cut() -> None:
    """Its sentence ends where a small screen does."""
    small, large, last = in_parts(answer(history=(line(1), line(2, "x" * 9_000), line(3))))
    assert [it["history"][0]["id"][-1] for it in (small, large, last)] == ["1", "2", "3"]
    assert large["history"][0]["summary"].endswith("x …")
    assert size(large) <= MAX_BYTES


@pytest.mark.parametrize(
    ("firing", "companies", "unwell"),
    [(100, 22, 3), (0, 60, 0), (3, 60, 0), (100, 0, 0), (2, 2, 2_000), (100, 100, 2_000)],
)
def test_a_report_keeps_some_of_each_and_counts_the_rest(
    firing: int, companies: int, unwell: int
) -> None:
    """The newest alerts; nothing is lost count of."""
    said = fitted(report(firing, companies, unwell))
    shown = said["report"]
    assert size(said) <= MAX_BYTES
    for name, count in (("firing", firing), ("companies", companies), ("unwell", unwell)):
        assert len(shown[name]) + shown["more"].get(name, 0) == count
    assert [it["key"] for it in shown["firing"]] == [
        f"K{place:03}" for place in range(firing - len(shown["firing"]), firing)
    ]
    if not unwell:
        assert len(shown["firing"]) >= min(FIRING_SHOWN, firing)
    assert "company=RIOT" in said["hint"]


def test_lists_of_names_and_long_sentences_give_way() -> None:
    """Their totals are beside them."""
    names = tuple(f"mining-margin-thin-of-the-whole-fleet|K{place:03}" for place in range(100))
    matches = fitted(answer(matches=names, matched=100))
    assert size(matches) <= MAX_BYTES
    assert 50 < len(matches["matches"]) < 100
    some = Listed(total=100, names=names)
    plan = ReloadPlan(rules=9, version="v", added=some, removed=some, changed=some, ends=some)
    said = fitted(answer(plan=plan))
    assert size(said) <= MAX_BYTES
    assert said["plan"]["added"]["total"] == 100
    long = fitted(answer(hint="ü" * 9_000))
    assert size(long) <= MAX_BYTES
    assert json.loads(msgspec.json.encode(long))["hint"].endswith("ü …")

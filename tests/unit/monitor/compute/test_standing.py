"""What stands in the books in words: told when it changes, once, and not at a cold start."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState, News, Severity
from alerts.reasons import Reason
from monitor.compute.standing import Known, Standing, compared

DAY = 86_400_000
NOW = 1_752_753_600_000
PLAN = Standing(topic=News.STAGE, subject="Corsicana", word="evaluating", rank=1, since=0)
RISK = Standing(topic=News.RISK, subject="power", word="low", rank=1, since=0)


def test_a_cold_start_tells_nothing() -> None:
    """The first look only remembers: an installation does not begin with old news."""
    memory, news = compared("RIOT", None, [PLAN, RISK], NOW)
    assert not news
    assert memory == {
        "contract-stage|Corsicana": Known("evaluating", 1),
        "risk-level|power": Known("low", 1),
    }


def test_a_new_stage_is_one_event() -> None:
    """The news says from where to where, is over at once, and is not told twice."""
    memory, _ = compared("RIOT", None, [PLAN], NOW)
    signed = replace(
        PLAN, word="signed", rank=2, since=NOW - 300 * DAY, source="https://example.org"
    )
    memory, (news,) = compared("RIOT", memory, [signed], NOW)
    assert (news.from_state, news.to_state) == (AlertState.INACTIVE, AlertState.NOTED)
    assert (news.reason, news.severity) == (Reason.STAGE_CHANGED, Severity.INFO)
    assert news.labels == {"company": "RIOT", "contract": "Corsicana"}
    assert news.summary == "RIOT: contract Corsicana is from evaluating to signed."
    assert news.notifies
    assert compared("RIOT", memory, [signed], NOW + DAY) == (memory, [])


def test_a_raised_level_is_a_warning_and_a_lowered_one_is_not() -> None:
    """A risk that grew asks for a look; one that fell is good to know."""
    memory, _ = compared("RIOT", None, [RISK], NOW)
    raised = replace(RISK, word="high", rank=3)
    memory, (up,) = compared("RIOT", memory, [raised], NOW)
    _, (down,) = compared("RIOT", memory, [RISK], NOW)
    assert (up.reason, up.severity) == (Reason.LEVEL_CHANGED, Severity.WARNING)
    assert down.severity is Severity.INFO


def test_only_a_young_contract_of_a_newer_book_is_news() -> None:
    """A new version of the books adds old contracts by the dozen: only what just began is told."""
    young = replace(PLAN, subject="AMD", word="signed", since=NOW - 5 * DAY)
    old = replace(young, subject="CoreWeave", since=NOW - 400 * DAY)
    _, news = compared("RIOT", {}, [young, old], NOW)
    assert [item.labels["contract"] for item in news] == ["AMD"]
    assert news[0].summary == "RIOT: contract AMD is new, signed."


@given(st.lists(st.sampled_from(["idea", "signed", "billing"]), min_size=1, max_size=12))
def test_each_change_has_an_id_of_its_own(words: list[str]) -> None:
    """Going back and forth within one moment makes as many different news as changes."""
    memory, ids, changes = None, [], 0
    for before, word in zip([None, *words], words, strict=False):
        memory, news = compared("RIOT", memory, [replace(PLAN, word=word)], NOW)
        changes += before is not None and before != word
        ids += [item.id for item in news]
    assert len(set(ids)) == len(ids) == changes

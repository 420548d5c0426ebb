"""What happened becomes one piece of news, under an id that is the same whenever it is seen."""

from __future__ import annotations

from dataclasses import replace

from alerts.model import AlertState, News, Severity
from alerts.topics import Topics
from monitor.compute.noting import noted
from monitor.domain.notices import Notice, NoticeKind, notice_fault

AT = 1_768_229_760_000
FILING = Notice(
    kind=NoticeKind.FILING,
    id="0001839341-26-000012",
    subject="CORZ",
    title="8-K: Entry into a Material Definitive Agreement",
    observed_at=AT,
    source="edgar",
    url="https://www.sec.gov/Archives/edgar/data/1839341/000183934126000012/0001839341-26-000012-index.htm",
    grave=True,
    figures={"form": "8-K", "items": "1.01"},
)


def test_every_kind_of_notice_is_a_kind_of_news() -> None:
    """A rule may not take the word of a notice, or topics would clash."""
    assert {kind.value for kind in NoticeKind} < {news.value for news in News}


def test_the_news_has_the_source_s_id_and_words() -> None:
    """The accession number is in the labels, the topic and the inputs; the address in the text."""
    news = noted(FILING, ("litigation",), AT + 60_000)
    assert (news.to_state, news.severity, news.flags) == (
        AlertState.NOTED,
        Severity.WARNING,
        ("litigation",),
    )
    assert news.labels == {"company": "CORZ", "notice": FILING.id}
    assert news.key == f"CORZ-{FILING.id}"
    assert news.summary == f"CORZ: {FILING.title}. {FILING.url}"
    assert {item["name"]: item["value"] for item in news.inputs} == {
        "filing": FILING.id,
        "form": "8-K",
        "items": "1.01",
    }
    assert news.notifies


def test_the_same_thing_has_the_same_id_whenever_it_is_seen() -> None:
    """The moment of seeing it, the title and the severity are not in the id; the thing is."""
    first = noted(FILING, (), AT)
    assert noted(replace(FILING, title="8-K", grave=False), ("x",), AT + 9_000).id == first.id
    assert noted(replace(FILING, id="0001839341-26-000013"), (), AT).id != first.id
    assert noted(replace(FILING, subject="HUT"), (), AT).id != first.id


def test_an_address_as_an_id_makes_a_short_topic() -> None:
    """A headline is told apart by its address, which no topic could hold."""
    news = noted(replace(FILING, kind=NoticeKind.NEWS, id=FILING.url * 2, subject=""), (), AT)
    assert news.labels["market"] == "bitcoin"
    topic = Topics("home").alert_event(news.rule, news.key).name
    assert len(topic) < 120


def test_what_cannot_be_told_is_named() -> None:
    """Each fault has a word; a sound notice has none."""
    assert notice_fault(FILING, AT) == ""
    faults = {
        "future": replace(FILING, observed_at=AT + 3_600_000),
        "no_id": replace(FILING, id=""),
        "no_title": replace(FILING, title=" "),
        "bad_url": replace(FILING, url="javascript:alert(1)"),
        "too_long": replace(FILING, title="x" * 301),
    }
    assert {notice_fault(item, AT): item for item in faults.values()} == faults

"""What a user reads: title and text in his language, his zone, his colours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from alerts.acks import Ack
from alerts.channels.base import Message, Stage
from alerts.correspondence import DIGEST_LINES, Clerk, stage_of
from alerts.languages.speech import CATALOGUES, Speech
from alerts.letters import decode_letter, digest_letter, encode_letter, failed_notice, letter_of
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.schemas.origin import Origin
from alerts.users import User
from monitor.app.posting import label_of
from monitor.app.world import find_catalogue
from monitor.core.clock import DAY, HOUR, MINUTE
from tests.people import user
from tests.transitions import AT, resolved, transition

METRICS = list(find_catalogue())
LABELS = {metric.name: metric.label for metric in METRICS}
CLERK = Clerk(lambda target: LABELS.get(target, ""), Origin(dashboard_url="https://g/d/hh"))
EN = user(zone="America/New_York")
ZH = user(language="zh-CN", zone="Asia/Shanghai")
LINK = f"https://g/d/hh?var-rule=margin-low&var-company=RIOT&from={AT - HOUR}&to={AT + HOUR}"
FIRE = transition(
    severity=Severity.WARNING,
    inputs=(
        {"name": "hashprice_usd_ph_day", "value": 41.2, "source": "luxor"},
        {"name": "BTC-USD", "value": 90_000, "source": "kraken"},
        {"name": "fees", "value": 1, "source": "kraken"},
    ),
)


def told(item: Transition, who: User = EN, now: int = AT + 58_000) -> Message:
    """Return what a user is told of a transition."""
    return CLERK.message(letter_of(item, who.name, now), who, now)


def test_an_english_text_has_all_six() -> None:
    """Number, level, distance, source, age, link around the event (F24)."""
    message = told(FIRE)
    assert message.title == "Warning: RIOT Mining margin 8 %, firing"
    assert message.text.splitlines() == [
        "RIOT mining margin 8 % is below 10 %",
        "Value: 8 % 🔴▼",
        "Level: 10 %",
        "Distance: -2 percentage points",
        "Source: luxor, kraken",
        "Age: 60 s",
        "Time: 2026-01-12 09:56 UTC-5",
        f"Chart: {LINK}",
    ]
    assert message.link == LINK
    assert message.tags == ("warning", "firing", "RIOT")


def test_all_who_told_what_it_rests_on_are_named() -> None:
    """An input names one or several; none twice; a metric of the books rests on those (F24)."""
    price = {"name": "btc_usd", "instrument": "BTC-USD", "sources": ["coinbase", "kraken"]}
    share = {"name": "stock_usd", "instrument": "RIOT", "sources": ["my-desk", "kraken"]}
    chain = {"name": "DIFF", "value": 1.0, "source": "mempool"}
    assert line_of_source(price, share, chain) == "Source: coinbase, kraken, my-desk, mempool"
    crowd = [{"name": "btc_usd", "sources": [f"venue-{place:02}" for place in range(14)]}]
    assert line_of_source(*crowd).endswith("venue-11, and 2 more")
    assert line_of_source({"name": "debt_usd", "value": 1.0}) == "Source: books and kept history"
    assert line_of_source() == "Source: unknown"


def line_of_source(*inputs: Mapping[str, object]) -> str:
    """Return the line that says who told these inputs."""
    lines = told(transition(inputs=inputs)).text.splitlines()
    return next(line for line in lines if line.startswith("Source"))


def test_a_chinese_text_is_chinese_in_shanghai(  # the units too (F25)
) -> None:
    """Words, units, numbers and the clock on the wall; down is green there."""
    message = told(FIRE, ZH)
    assert message.language == "zh-CN"
    assert message.title == "【警告】RIOT 挖矿利润率 8 %，触发"
    assert message.text.splitlines() == [
        "RIOT 挖矿利润率为 8 %，低于 10 %。",
        "数值：8 % 🟢▼",
        "界限：10 %",
        "距离：-2 个百分点",
        "来源：luxor、kraken",
        "数据年龄：60 秒",
        "时间：2026年1月12日 22:56（UTC+8）",
        f"图表：{LINK}",
    ]


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (0.0834, "ratio", "8.34 %", "8.34 %"),
        (52.5, "USD/PH/day", "52.5 USD/PH/day", "52.5 美元/PH/天"),
        (99_000.0, "USD", "99,000 USD", "99,000 美元"),
        (1_234_567.0, "USD", "1,234,567 USD", "123.457 万美元"),
        (23_400_000_000.0, "USD", "23,400,000,000 USD", "234 亿美元"),
        (-350_000_000.0, "USD/year", "-350,000,000 USD/year", "-3.5 亿美元/年"),
        (0.00012, "BTC", "0.00012 BTC", "0.00012 BTC"),
        (3.0, "count", "3", "3"),
        (7.0, "furlongs", "7 furlongs", "7 furlongs"),
        (None, "USD", "unknown", "未知"),
    ],
)
def test_numbers_have_the_form_of_the_language(
    value: float | None, unit: str, english: str, chinese: str
) -> None:
    """Percent, thousands, 万 and 亿, and units in words; no exponent of ten."""
    assert Speech.to(EN).number(value, unit) == english
    assert Speech.to(ZH).number(value, unit) == chinese


@pytest.mark.parametrize(
    ("said", "up", "down"),
    [
        ({}, "🟢▲", "🔴▼"),
        ({"colours": "red-up"}, "🔴▲", "🟢▼"),
        ({"language": "zh-CN"}, "🔴▲", "🟢▼"),
        ({"language": "zh-CN", "colours": "green-up"}, "🟢▲", "🔴▼"),
    ],
)
def test_red_is_up_for_whom_it_is(said: dict[str, Any], up: str, down: str) -> None:
    """By the language, unless the user says otherwise."""
    speech = Speech.to(user(**said))
    assert (speech.mark(2, 1), speech.mark(1, 2), speech.mark(1, 1), speech.mark(None, 1)) == (
        up,
        down,
        "",
        "",
    )


@pytest.mark.parametrize(
    ("span", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (119_000, "119 s", "119 秒"),
        (5 * MINUTE, "5 min", "5 分钟"),
        (3 * HOUR, "3 h", "3 小时"),
        (9 * DAY, "9 days", "9 天"),
        (None, "unknown", "未知"),
    ],
)
def test_ages_are_told_in_their_largest_unit(span: int | None, english: str, chinese: str) -> None:
    """An unknown age is not zero."""
    assert (Speech.to(EN).age(span), Speech.to(ZH).age(span)) == (english, chinese)


def test_a_price_is_at_a_distance_in_percent_as_well() -> None:
    """With its sign; of a level that is not known there is none."""
    speech = Speech.to(EN)
    assert speech.distance(99_000, 100_000, "USD") == "-1,000 USD (-1 %)"
    assert speech.distance(101_000, 100_000, "USD") == "+1,000 USD (+1 %)"
    assert speech.distance(101_000, None, "USD") == "unknown"


@pytest.mark.parametrize(
    ("item", "stage", "english", "chinese"),
    [
        (FIRE, Stage.FIRING, "firing", "触发"),
        (
            transition(reason=Reason.SEVERITY_RAISED, notice=NoticeReason.SEVERITY_CHANGED),
            Stage.WORSENED,
            "firing, louder than before",
            "触发，级别上升",
        ),
        (transition(notice=NoticeReason.REPEAT), Stage.REPEATED, "still firing", "仍在触发"),
        (resolved(FIRE), Stage.RESOLVED, "over", "已解除"),
    ],
)
def test_the_stage_is_said(item: Transition, stage: Stage, english: str, chinese: str) -> None:
    """A channel edits by it, a person reads it."""
    assert stage_of(item) is stage
    assert told(item).title.endswith(english)
    assert told(item, ZH).title.endswith(chinese)


def test_an_unknown_number_is_said_to_be_unknown() -> None:
    """No zero, no sign, no exception."""
    item = transition(value=None, observed_at=None, inputs=(), reason=Reason.NO_DATA_ALERT)
    text = told(item, ZH).text
    assert "数值：未知" in text
    assert "挖矿利润率未知。" in text


def test_a_value_without_a_unit_has_its_six_lines_too() -> None:
    """An instrument of the ingest contract has none."""
    item = transition(target="A-USD", key="A-USD", labels={}, unit="", value=11.0, bound=10.0)
    assert "Value: 11 🟢▲\nLevel: 10\nDistance: +1 (+10 %)" in told(item).text


def test_news_without_a_number_keeps_its_words() -> None:
    """A filing has no level; when it happened is said."""
    item = transition(
        rule="filing",
        to_state=AlertState.NOTED,
        value=None,
        bound=None,
        observed_at=None,
        summary="RIOT filed an 8-K.",
    )
    lines = told(item, ZH).text.splitlines()
    assert lines[:2] == ["RIOT filed an 8-K.", "时间：2026年1月12日 22:56（UTC+8）"]


def test_an_escalation_and_a_drill_say_so() -> None:
    """Nobody has acknowledged; nothing happened."""
    chain = transition(notice=NoticeReason.ESCALATION, inbox="ana")
    assert "尚无人确认。" in told(chain, ZH).text
    assert (told(chain).escalated, told(FIRE).escalated) == (True, False)
    drill = transition(to_state=AlertState.NOTED, notice=NoticeReason.DRILL, test=True)
    assert told(drill).title.startswith("TEST, nothing happened.")
    assert told(drill).test


def test_a_broken_channel_is_told_in_both_languages() -> None:
    """Which kind and why; whose it is would go to everybody."""
    item = failed_notice("ntfy", "auth", AT)
    assert "A channel ntfy does not take messages: auth." in told(item).text
    assert "有一个 ntfy 渠道无法接收消息：auth。" in told(item, ZH).text


def test_a_digest_lists_what_fires_first_and_says_how_much_more() -> None:
    """In Chinese as well; what is too much for a telephone is counted."""
    items = [
        transition(key=f"K{number:03}", severity=Severity.WARNING, at=AT + number, since=AT)
        for number in range(150)
    ]
    ended = resolved(items[0], severity=Severity.WARNING)
    letters = [letter_of(item, "ana", AT) for item in (*items, ended)]
    digest = digest_letter(letters, AT + HOUR)
    assert digest.id == digest_letter(letters[::-1], AT + HOUR).id
    assert decode_letter(encode_letter(digest)) == digest
    message = CLERK.message(digest, ZH, AT + HOUR)
    lines = message.text.splitlines()
    assert message.title == "为您保留的告警：150 条"
    assert lines[:2] == [
        "仍在触发：",
        "- 1月12日 22:56 【警告】K001 挖矿利润率为 8 %，低于 10 %。",
    ]
    assert lines[-1] == f"另有 {150 - DIGEST_LINES} 条"
    assert (message.rule, message.key, message.alert_id) == ("", "", "")


def test_a_digest_has_one_line_for_an_alert_and_says_who_has_it() -> None:
    """Also of one that fired, ended and fired again; what somebody has taken on stands apart (F21)."""
    first, taken = transition(key="IREN"), transition(key="HUT", at=AT + 1)
    again = transition(key="IREN", at=AT + 2 * MINUTE, since=AT + 2 * MINUTE)
    ended = transition(key="MARA")
    items = (first, resolved(first), again, taken, ended, resolved(ended))
    acks = {it.name: Ack(by="ben", note="", at=AT, until=None) for it in (taken, ended)}
    digest = digest_letter([letter_of(it, "ana", AT) for it in items], AT + HOUR, acks)
    assert [(it.key, it.state.value, it.acked) for it in digest.transition.lines] == [
        ("IREN", "firing", False),
        ("HUT", "firing", True),
        ("MARA", "resolved", False),
    ]
    assert CLERK.message(digest, EN, AT + HOUR).text.splitlines() == [
        "Still firing:",
        "- 01-12 09:58 CRITICAL: RIOT mining margin 8 % is below 10 %",
        "Taken on, still firing:",
        "- 01-12 09:56 CRITICAL: RIOT mining margin 8 % is below 10 % (ben)",
        "Over meanwhile:",
        "- 01-12 09:57 CRITICAL: RIOT mining margin 8 % is below 10 %",
    ]


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_language_has_every_word(language: str) -> None:
    """The keys and their parts are those of English, so no sentence is missing or half."""
    english, here = CATALOGUES["en"], CATALOGUES[language]
    assert set(here.words) == set(english.words)
    assert set(here.units) == set(english.units)
    parts = re.compile(r"\{(\w+)")
    for key, words in here.words.items():
        assert set(parts.findall(words)) == set(parts.findall(english.words[key])), key


def test_every_unit_and_every_metric_has_its_chinese_words() -> None:
    """A new metric must be named there, and a name that is no metric's is a slip."""
    here = CATALOGUES["zh-CN"]
    assert {metric.unit for metric in METRICS} <= set(here.units)
    assert set(here.names) == set(LABELS)
    assert all(re.search("[\u4e00-\u9fff]", name) for name in here.names.values())


def test_english_names_are_the_labels_of_the_metrics() -> None:
    """And what is no metric is called by its own name."""
    catalogue = find_catalogue()
    assert label_of(catalogue, "hashprice_usd_ph_day") == "Hashprice"
    assert label_of(catalogue, "BTC-USD") == ""
    price = transition(
        key="BTC-USD",
        labels={"instrument": "BTC-USD"},
        target="BTC-USD",
        unit="USD",
        value=99_000.0,
        bound=100_000.0,
    )
    assert told(price).title == "CRITICAL: BTC-USD 99,000 USD, firing"
    assert told(price, ZH).title == "【严重】BTC-USD 99,000 美元，触发"

"""The instruments: complete at the first scrape, closed label sets, no series for what is gone."""

from __future__ import annotations

from typing import get_args

import pytest

from alerts.channels.base import Failure
from alerts.model import AlertState, Severity
from alerts.reasons import Reason
from alerts.routing import Verdict
from alerts.sinks.mqtt import HINTS
from monitor.domain.plausibility import Refusal
from monitor.feeds.reasons import Reason as FeedReason
from monitor.telemetry import catalogue
from monitor.telemetry.catalogue import CATALOGUE
from monitor.telemetry.declarations import OTHER, PREFIX, Kind
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known

KNOWN = Known(
    feeds=("coinbase", "kraken"),
    companies=("RIOT", "HIVE"),
    metrics=("mining_margin_ratio",),
    rule_types=("threshold", "expression"),
    sinks=("mqtt",),
)


@pytest.fixture
def instruments() -> Instruments:
    """One process's instruments with two feeds and two companies."""
    return Instruments(KNOWN, version="1.2.3")


def value(instruments: Instruments, name: str, **labels: str) -> float | None:
    """Read one sample from the registry."""
    return instruments.registry.get_sample_value(f"{PREFIX}{name}", labels)


def test_known_series_start_at_zero(instruments: Instruments) -> None:
    """Each known feed, reason, company, sink and role is there, at 0, before anything happens."""
    assert value(instruments, "feed_poll_failures_total", feed="kraken", reason="timeout") == 0
    assert value(instruments, "recomputes_total", company="HIVE") == 0
    assert value(instruments, "quotes_rejected_total", feed="kraken", reason="outlier") == 0
    assert value(instruments, "notification_failures_total", sink="mqtt", reason="ack_timeout") == 0
    assert value(instruments, "alerts", severity="critical", state="firing", mode="live") == 0
    assert value(instruments, "lease_held", role="relay") == 0
    assert (
        value(instruments, "transitions_total", to_state="firing", reason="held_for", mode="live")
        == 0
    )
    assert value(instruments, "feed_state", feed="kraken", state="waiting") == 1
    assert value(instruments, "feed_state", feed="kraken", state="dead") == 0
    assert value(instruments, "build_info", version="1.2.3") == 1


def test_recompute_counts_the_touched_company_only(instruments: Instruments) -> None:
    """A change of one company's input raises that company's counter and no other."""
    instruments.recomputed("HIVE")

    assert value(instruments, "recomputes_total", company="HIVE") == 1
    assert value(instruments, "recomputes_total", company="RIOT") == 0


def test_stream_life() -> None:
    """Link, ages, failures and the numbers of a stream are separate series, for streams alone."""
    instruments = Instruments(Known(feeds=("kraken", "yahoo"), streams=("kraken",)), version="1")
    streams = instruments.streams
    streams.linked("kraken", is_up=True, heard_at=1_700_000_000_500, traded_at=None)
    streams.failed("kraken", "connection")
    streams.reconnected("kraken")
    streams.disordered("kraken", "duplicate")
    streams.lost("kraken", gaps=1, messages=5)

    def of(name: str, **labels: str) -> float | None:
        return value(instruments, f"feed_stream_{name}", stream="kraken", **labels)

    assert of("up") == 1
    assert of("last_message_timestamp_seconds") == 1_700_000_000.5
    assert of("last_trade_timestamp_seconds") == 0
    assert of("failures_total", reason="connection") == 1
    assert of("reconnects_total") == 1
    assert of("disordered_messages_total", place="duplicate") == 1
    assert of("disordered_messages_total", place="out_of_order") == 0
    assert of("gaps_total") == 1
    assert of("missed_messages_total") == 5
    assert value(instruments, "feed_stream_up", stream="yahoo") is None


def test_feed_life(instruments: Instruments) -> None:
    """Attempts, failures, times and state of a feed are separate series."""
    feeds = instruments.feeds
    feeds.declared("kraken", fresh_s=30)
    feeds.observed("kraken", "BTC-USD", 1_700_000_000_000)
    feeds.observed("kraken", "USDC-USD", 1_699_999_999_000)
    feeds.succeeded("kraken", 1_700_000_000_500)
    feeds.polled("kraken", 0.3)
    feeds.aged("kraken", "fresh")

    assert value(instruments, "feed_state", feed="kraken", state="fresh") == 1
    assert value(instruments, "feed_state", feed="kraken", state="dead") == 0
    assert value(instruments, "feed_up", feed="kraken") == 1

    feeds.failed("kraken", "throttled")
    feeds.throttled("kraken")
    feeds.polled("kraken", 0.1)
    feeds.rejected("kraken", "future")
    feeds.skipped("kraken")
    feeds.crashed("kraken")

    def of(name: str, **labels: str) -> float | None:
        return value(instruments, name, feed="kraken", **labels)

    assert of("feed_freshness_budget_seconds") == 30
    assert of("feed_polls_total") == 2
    assert of("feed_poll_seconds_bucket", le="0.25") == 1
    assert of("feed_poll_failures_total", reason="throttled") == 1
    assert of("feed_last_success_timestamp_seconds") == 1_700_000_000.5
    assert of("feed_source_timestamp_seconds") == 1_700_000_000
    assert of("quotes_accepted_total") == 2
    assert of("quotes_rejected_total", reason="future") == 1
    assert of("feed_throttled_total") == 1
    assert of("feed_polls_skipped_total") == 1
    assert of("feed_crashes_total") == 1
    assert of("feed_up") == 0
    feeds.aged("kraken", "late")
    assert of("feed_state", state="late") == 1
    assert of("feed_state", state="fresh") == 0
    assert value(instruments, "feed_up", feed="coinbase") == 0


def test_manners_of_a_feed(instruments: Instruments) -> None:
    """The used share of its budget, and one state of its breaker: closed before anything is known."""
    instruments.feeds.budgeted("kraken", 0.25)
    instruments.feeds.broken("kraken", "open")
    assert value(instruments, "feed_request_budget_used_ratio", feed="kraken") == 0.25
    assert value(instruments, "feed_breaker_state", feed="kraken", state="open") == 1
    assert value(instruments, "feed_breaker_state", feed="kraken", state="closed") == 0
    assert value(instruments, "feed_breaker_state", feed="coinbase", state="closed") == 1


def test_free_text_never_becomes_a_series(instruments: Instruments) -> None:
    """A label value outside its closed set is counted as `other`."""
    instruments.feeds.failed("kraken", "Service Unavailable: try https://…")
    instruments.feeds.polled("somebody", 0.1)
    instruments.quote_rejected("kraken", "105000.17")

    assert value(instruments, "feed_poll_failures_total", feed="kraken", reason="other") == 1
    assert value(instruments, "feed_polls_total", feed="other") == 1
    assert value(instruments, "quotes_rejected_total", feed="kraken", reason="other") == 1


def test_reload_adds_and_removes_series(instruments: Instruments) -> None:
    """New books: the company that left has no series, the new one starts at 0, others go on."""
    instruments.recomputed("RIOT")
    instruments.recomputed("HIVE")
    instruments.feeds.succeeded("coinbase", 1_000)
    instruments.feeds.aged("coinbase", "fresh")

    instruments.know(Known(feeds=("coinbase", "okx"), companies=("HIVE", "IREN"), sinks=("mqtt",)))

    assert value(instruments, "recomputes_total", company="RIOT") is None
    assert value(instruments, "recomputes_total", company="HIVE") == 1
    assert value(instruments, "recomputes_total", company="IREN") == 0
    assert value(instruments, "feed_state", feed="kraken", state="dead") is None
    assert value(instruments, "feed_state", feed="okx", state="waiting") == 1
    assert value(instruments, "feed_state", feed="coinbase", state="fresh") == 1
    assert value(instruments, "feed_state", feed="coinbase", state="dead") == 0


def test_queues_and_deliveries(instruments: Instruments) -> None:
    """Depths are set, deliveries counted, moments given in ms come out in seconds."""
    instruments.stream_behind(lag=7, pending=2)
    instruments.outbox_holds(depth=3, oldest_at=1_700_000_000_000, dead_letters=1)
    instruments.notified("mqtt")
    instruments.notification_failed("mqtt", "ack_timeout")
    instruments.mqtt_connection_failed("timeout", "look at the firewall")
    assert instruments.mqtt_fault == "timeout: look at the firewall"
    instruments.mqtt_connected(connected=True)
    assert instruments.mqtt_fault == ""
    instruments.mqtt_published()
    instruments.mqtt_publish_failed("refused")
    instruments.loop_beat(1_700_000_001_000)

    assert value(instruments, "stream_lag_entries") == 7
    assert value(instruments, "stream_pending_entries") == 2
    assert value(instruments, "outbox_depth_entries") == 3
    assert value(instruments, "outbox_oldest_timestamp_seconds") == 1_700_000_000
    assert value(instruments, "dead_letters_entries") == 1
    assert value(instruments, "notifications_total", sink="mqtt") == 1
    assert value(instruments, "notification_failures_total", sink="mqtt", reason="ack_timeout") == 1
    assert value(instruments, "mqtt_connected") == 1
    assert value(instruments, "mqtt_connection_failures_total", reason="timeout") == 1
    assert value(instruments, "mqtt_publishes_total") == 1
    assert value(instruments, "mqtt_publish_failures_total", reason="refused") == 1
    assert value(instruments, "loop_heartbeat_timestamp_seconds") == 1_700_000_001

    instruments.outbox_holds(depth=0, oldest_at=None, dead_letters=1)
    assert value(instruments, "outbox_oldest_timestamp_seconds") == 0


def test_step_and_rules(instruments: Instruments) -> None:
    """The step counts its ticks, rules, failures and times."""
    instruments.ticks_taken(4)
    instruments.rules_evaluated("threshold", 9, 0.5)
    instruments.rule_failed()
    instruments.rules_failing(2)
    instruments.recompute_failed("mining_margin_ratio")
    instruments.store_failed("compute", "gone")
    instruments.step_took(0.002)
    instruments.delivered_after(0.3)
    instruments.transitioned("firing", "held_for", "live")
    instruments.lease_held("compute", held=True)

    assert value(instruments, "ticks_total") == 4
    assert value(instruments, "rule_evaluations_total", rule_type="threshold") == 9
    assert value(instruments, "rule_evaluation_seconds_total", rule_type="threshold") == 0.5
    assert value(instruments, "rule_evaluation_failures_total") == 1
    assert value(instruments, "rules_failed_alerts") == 2
    assert value(instruments, "recompute_failures_total", metric="mining_margin_ratio") == 1
    assert value(instruments, "store_errors_total", role="compute") == 1
    assert value(instruments, "recompute_seconds_bucket", le="0.0025") == 1
    assert value(instruments, "recompute_seconds_bucket", le="0.001") == 0
    assert value(instruments, "pipeline_seconds_sum") == pytest.approx(0.3)
    assert (
        value(instruments, "transitions_total", to_state="firing", reason="held_for", mode="live")
        == 1
    )
    assert value(instruments, "lease_held", role="compute") == 1


def test_alerts_not_named_stand_at_zero(instruments: Instruments) -> None:
    """A pair that vanished from the counts goes back to 0."""
    instruments.alerts_standing({("critical", "firing", "live"): 2})
    instruments.alerts_standing({("warning", "pending", "live"): 1})

    assert value(instruments, "alerts", severity="critical", state="firing", mode="live") == 0
    assert value(instruments, "alerts", severity="warning", state="pending", mode="live") == 1


def test_a_refused_reload_keeps_the_old_time(instruments: Instruments) -> None:
    """After a refused reload the success flag falls and the time of the books stays."""
    instruments.books_reloaded(at=1_000, successful=True)
    instruments.books_reloaded(at=9_000, successful=False)

    assert value(instruments, "config_last_reload_successful") == 0
    assert value(instruments, "config_last_reload_timestamp_seconds") == 1


def test_two_instances_do_not_meet(instruments: Instruments) -> None:
    """There is no global registry: a second object counts for itself."""
    Instruments(KNOWN, version="1.2.3").ticks_taken(5)

    assert value(instruments, "ticks_total") == 0


def test_label_words_are_those_of_routing_and_channels() -> None:
    """What becomes of a notice, and why a channel failed."""
    assert {it.value for it in Verdict} == set(catalogue.VERDICTS)
    assert set(get_args(Failure)) | {OTHER} == set(catalogue.CHANNEL_FAULTS)


def test_label_words_are_those_of_the_broker() -> None:
    """Each reason for no connection has its own series."""
    assert set(HINTS) | {OTHER} == set(catalogue.BROKER_FAULTS)


def test_label_words_are_those_of_the_alert_model() -> None:
    """The closed sets here and the enumerations of the alert model are the same words."""
    assert set(catalogue.SEVERITIES) == {it.value for it in Severity}
    assert set(catalogue.TRANSITION_STATES) == {it.value for it in AlertState}
    assert set(catalogue.ALERT_STATES) == set(catalogue.TRANSITION_STATES) - {AlertState.NOTED}
    reasons = list(Reason)
    of_changes = reasons[: reasons.index(Reason.WITHIN_BOUND)]
    assert tuple(it.value for it in of_changes) == catalogue.TRANSITION_REASONS


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (FeedReason, catalogue.FEED_FAILURES),
        (Refusal, catalogue.QUOTE_REJECTIONS),
    ],
)
def test_label_words_are_those_of_the_feeds(
    reasons: type[FeedReason | Refusal], words: tuple[str, ...]
) -> None:
    """Each reason that the feeds can give has its own series and is not lumped into `other`."""
    assert {it.value for it in reasons} <= set(words)


def test_names_say_what_they_are() -> None:
    """Prefix everywhere, `_total` on counters only, moments as timestamps, help as a sentence."""
    names = [it.name for it in CATALOGUE]
    assert len(names) == len(set(names)) > 30
    for it in CATALOGUE:
        assert it.name.startswith(PREFIX)
        assert it.name.endswith("_total") is (it.kind is Kind.COUNTER), it.name
        assert not it.name.endswith("_age_seconds"), it.name
        assert it.help.endswith("."), it.name
        assert (it.kind is Kind.HISTOGRAM) is bool(it.buckets), it.name


def test_every_role_failure_has_a_catch_all() -> None:
    """Each closed set of reasons holds `other`, so a clamped series exists from the start."""
    for words in (
        catalogue.FEED_FAILURES,
        catalogue.QUOTE_REJECTIONS,
        catalogue.DELIVERY_FAILURES,
    ):
        assert OTHER in words


def test_what_comes_with_each_tick_is_there_at_the_next_look(instruments: Instruments) -> None:
    """Counts and times that wait for a look lose nothing, however many, nor at a reload of books."""
    for _ in range(2_500):
        instruments.ticks_taken(2)
        instruments.step_took(0.001)
        instruments.rules_evaluated("threshold", 1, 0.5)
    assert value(instruments, "ticks_total") == 5_000
    assert value(instruments, "recompute_seconds_count") == 2_500
    instruments.ticks_taken(1)
    instruments.rules_evaluated("a stranger's", 3, 0.0)
    instruments.know(KNOWN)
    assert value(instruments, "ticks_total") == 5_001
    assert value(instruments, "rule_evaluations_total", rule_type="threshold") == 2_500
    assert value(instruments, "rule_evaluations_total", rule_type=OTHER) == 3

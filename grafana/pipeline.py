"""The operator's board: hop by hop from the feeds to the broker."""

from __future__ import annotations

from grafana.panels import (
    COMPANY,
    UP_DOWN,
    Board,
    Kind,
    Panel,
    Query,
    Row,
    Word,
    metric,
    quantile,
    rate,
)
from monitor.telemetry import catalogue as c


def _lines(title: str, description: str, unit: str, *queries: tuple[str, str]) -> Panel:
    made = tuple(Query(expr, legend) for expr, legend in queries)
    return Panel(title=title, description=description, unit=unit, queries=made)


_NOT_CLOSED = 'state!="closed"'
_NOT_FRESH = 'state!="fresh"'
_ON = (Word(1, "so", "orange"),)


def _age(name: str, by: str) -> str:
    return f"time() - max by ({by}) ({metric(name)} > 0)"


def _sum(name: str, *by: str) -> str:
    grouped = f" by ({', '.join(by)}) " if by else ""
    return f"sum{grouped}({rate(name)})"


_FEEDS = Row(
    "Feeds",
    (
        Panel(
            title="Feeds up",
            description="Whether the last poll of each feed gave a usable quote.",
            unit="short",
            queries=(Query(f"max by (feed) ({metric(c.FEED_UP.name)})", "{{feed}}"),),
            kind=Kind.STATES,
            words=UP_DOWN,
        ),
        Panel(
            title="Feeds by state",
            description="Each feed's state that is not fresh, in one word. `waiting`: it has said "
            "nothing yet and is not overdue; `refused`: a key, a plan or a region, so a person must act.",
            unit="short",
            queries=(
                Query(
                    f"max by (feed, state) ({metric(c.FEED_STATE.name, _NOT_FRESH)} == 1)",
                    "{{feed}} {{state}}",
                ),
            ),
            kind=Kind.STATES,
            words=_ON,
        ),
        _lines(
            "Since last success",
            "Age of each feed's last usable answer, our clock. Beyond its freshness budget "
            "the feed's values are stale.",
            "s",
            (_age(c.FEED_LAST_SUCCESS.name, "feed"), "{{feed}}"),
        ),
        _lines(
            "Since source's own time",
            "Age of each feed's newest quote, the source's clock. Old here but young on the "
            "left means that the provider serves a frozen value.",
            "s",
            (_age(c.FEED_SOURCE_TIME.name, "feed"), "{{feed}}"),
        ),
        _lines(
            "Request budget used",
            "Share of each provider account's requests used in the last minute, by our count or "
            "as the provider tells it. From 80 % on hashhedge asks more slowly.",
            "percentunit",
            (f"max by (feed) ({metric(c.FEED_REQUEST_BUDGET.name)})", "{{feed}}"),
        ),
        _lines(
            "Circuit breakers not closed",
            "1 for a feed of which only a probe is asked, after failures in a row.",
            "short",
            (
                f"max by (feed) ({metric(c.FEED_BREAKER.name, _NOT_CLOSED)})",
                "{{feed}}",
            ),
        ),
        _lines(
            "Polls",
            "Polls started per second.",
            "reqps",
            (_sum(c.FEED_POLLS.name, "feed"), "{{feed}}"),
        ),
        _lines(
            "Poll failures",
            "Polls without a usable quote per second, by reason.",
            "reqps",
            (_sum(c.FEED_POLL_FAILURES.name, "feed", "reason"), "{{feed}} {{reason}}"),
        ),
        _lines(
            "Throttled and rejected",
            "Answers that asked us to slow down, and quotes dropped before the store.",
            "ops",
            (_sum(c.FEED_THROTTLED.name, "feed"), "throttled {{feed}}"),
            (_sum(c.QUOTES_REJECTED.name, "feed", "reason"), "rejected {{feed}} {{reason}}"),
        ),
    ),
)

_STREAMS = Row(
    "Streams of the feeds",
    (
        _lines(
            "Streams up",
            "1 while a stream brings what was subscribed; at 0 its feed is polled instead.",
            "short",
            (f"max by (stream) ({metric(c.FEED_STREAM_UP.name)})", "{{stream}}"),
        ),
        _lines(
            "Last sign of life and last trade",
            "Ages of the last readable message and of the newest value. Heartbeats keep the first "
            "low in a quiet market, while the second grows.",
            "s",
            (_age(c.FEED_STREAM_HEARD.name, "stream"), "message {{stream}}"),
            (_age(c.FEED_STREAM_TRADED.name, "stream"), "trade {{stream}}"),
        ),
        _lines(
            "Failures and reconnects",
            "Connections that ended and messages refused, by reason, and connections opened anew.",
            "ops",
            (_sum(c.FEED_STREAM_FAILURES.name, "stream", "reason"), "{{stream}} {{reason}}"),
            (_sum(c.FEED_STREAM_RECONNECTS.name, "stream"), "reconnects {{stream}}"),
        ),
        _lines(
            "Gaps, repeats and late ones",
            "What the numbers of the messages tell: gaps, what is missing in them, disorder.",
            "ops",
            (_sum(c.FEED_STREAM_GAPS.name, "stream"), "gaps {{stream}}"),
            (_sum(c.FEED_STREAM_MISSED.name, "stream"), "missed {{stream}}"),
            (_sum(c.FEED_STREAM_DISORDERED.name, "stream", "place"), "{{place}} {{stream}}"),
        ),
    ),
)

_STEP = Row(
    "Stream and step",
    (
        _lines(
            "Ticks and quotes",
            "Entries taken into a step, and quotes accepted.",
            "ops",
            (_sum(c.TICKS.name), "ticks"),
            (_sum(c.QUOTES_ACCEPTED.name), "quotes accepted"),
        ),
        _lines(
            "Waiting",
            "Ticks not yet read, and ticks read but not committed.",
            "short",
            (f"max({metric(c.STREAM_LAG.name)})", "lag"),
            (f"max({metric(c.STREAM_PENDING.name)})", "pending"),
        ),
        _lines(
            "Recomputes",
            "Recomputes per second of each company.",
            "ops",
            (f"sum by (company) ({rate(c.RECOMPUTES.name, COMPANY)})", "{{company}}"),
        ),
        _lines(
            "Step time",
            "Duration of one pure step: recompute, then rules.",
            "s",
            (quantile(0.5, c.RECOMPUTE_SECONDS.name), "p50"),
            (quantile(0.99, c.RECOMPUTE_SECONDS.name), "p99"),
        ),
        _lines(
            "Tick to broker",
            "From a tick's arrival to the acknowledged notification. The promise is p99 "
            "below one second.",
            "s",
            (quantile(0.5, c.PIPELINE_SECONDS.name), "p50"),
            (quantile(0.99, c.PIPELINE_SECONDS.name), "p99"),
        ),
        _lines(
            "Left out",
            "Metrics and rules that raised, and Redis errors, per second.",
            "ops",
            (_sum(c.RECOMPUTE_FAILURES.name, "metric"), "metric {{metric}}"),
            (_sum(c.RULE_FAILURES.name), "rules"),
            (_sum(c.STORE_ERRORS.name, "role"), "redis in {{role}}"),
        ),
    ),
)

_ALERTS = Row(
    "Alerts",
    (
        _lines(
            "Alerts by state",
            "Alerts standing in each state.",
            "short",
            (
                f"sum by (state) (max by (severity, state) ({metric(c.ALERTS.name)}))",
                "{{state}}",
            ),
        ),
        _lines(
            "Transitions",
            "State changes per second, by new state and reason.",
            "ops",
            (_sum(c.TRANSITIONS.name, "to_state", "reason"), "{{to_state}} {{reason}}"),
        ),
        _lines(
            "Rule evaluations",
            "Rules evaluated per second, by type: only those a change can touch.",
            "ops",
            (_sum(c.RULE_EVALUATIONS.name, "rule_type"), "{{rule_type}}"),
        ),
        _lines(
            "Rule cost",
            "Seconds spent on evaluating rules per second, by type.",
            "s",
            (_sum(c.RULE_SECONDS.name, "rule_type"), "{{rule_type}}"),
        ),
    ),
)

_DELIVERY = Row(
    "Delivery",
    (
        _lines(
            "Outbox",
            "Notifications that wait for delivery, and those given up.",
            "short",
            (f"max({metric(c.OUTBOX_DEPTH.name)})", "waiting"),
            (f"max({metric(c.DEAD_LETTERS.name)})", "dead letters"),
        ),
        _lines(
            "Oldest waiting",
            "Age of the oldest notification not yet delivered; no line means that none waits.",
            "s",
            (_age(c.OUTBOX_OLDEST.name, "job"), "oldest"),
        ),
        Panel(
            title="Broker connection",
            description="Whether a relay is connected to the MQTT broker.",
            unit="short",
            queries=(Query(f"max by (job) ({metric(c.MQTT_CONNECTED.name)})", "mqtt"),),
            kind=Kind.STATES,
            words=UP_DOWN,
        ),
        _lines(
            "MQTT publishes",
            "Messages handed to the broker, those it did not acknowledge, and connections that were "
            "not had or ended, per second.",
            "ops",
            (_sum(c.MQTT_PUBLISHES.name), "published"),
            (_sum(c.MQTT_PUBLISH_FAILURES.name, "reason"), "failed {{reason}}"),
            (_sum(c.MQTT_CONNECTION_FAILURES.name, "reason"), "no connection {{reason}}"),
        ),
        _lines(
            "Notifications",
            "Notifications per second by sink, with failures.",
            "ops",
            (_sum(c.NOTIFICATIONS.name, "sink"), "{{sink}}"),
            (_sum(c.NOTIFICATION_FAILURES.name, "sink", "reason"), "{{sink}} {{reason}}"),
        ),
        _lines(
            "Messages to users",
            "Messages per second by channel, with failures. Whom they were for is in the receipts.",
            "ops",
            (_sum(c.CHANNEL_MESSAGES.name, "channel"), "{{channel}}"),
            (_sum(c.CHANNEL_FAILURES.name, "channel", "reason"), "{{channel}} {{reason}}"),
        ),
        _lines(
            "Letters to users",
            "Letters that wait for a channel, and those that no channel took.",
            "short",
            (f"sum({metric(c.LETTERS_WAITING.name)})", "waiting"),
            (f"sum({metric(c.LETTERS_DEAD.name)})", "put aside"),
        ),
    ),
)

_PROCESS = Row(
    "Processes",
    (
        _lines(
            "Loop heartbeat",
            "Seconds since each event loop last turned; liveness fails when it grows.",
            "s",
            (_age(c.LOOP_HEARTBEAT.name, "instance"), "{{instance}}"),
        ),
        Panel(
            title="Leases",
            description="Which process holds the lease of each role. Two at once is an error.",
            unit="short",
            queries=(
                Query(
                    f"max by (role, instance) ({metric(c.LEASE_HELD.name)})",
                    "{{role}} {{instance}}",
                ),
            ),
            kind=Kind.STATES,
            words=(Word(0, "waiting", "blue"), Word(1, "held", "green")),
        ),
        _lines(
            "Memory",
            "Resident memory of each process.",
            "bytes",
            (metric("process_resident_memory_bytes"), "{{instance}}"),
        ),
        _lines(
            "CPU",
            "Processor time used per second by each process.",
            "percentunit",
            (f"sum by (instance) ({rate('process_cpu_seconds_total')})", "{{instance}}"),
        ),
        Panel(
            title="Books",
            description="0 means that the newest books were refused and the old ones are in use.",
            unit="short",
            queries=(Query(f"min({metric(c.RELOAD_SUCCESSFUL.name)})", "books"),),
            kind=Kind.STAT,
            width=4,
            bands=((None, "red"), (1.0, "green")),
        ),
        Panel(
            title="Version",
            description="Processes by version; two lines during a rolling update.",
            unit="short",
            queries=(Query(f"count by (version) ({metric(c.BUILD_INFO.name)})", "{{version}}"),),
            kind=Kind.STAT,
            width=4,
        ),
    ),
)


def board() -> Board:
    """Return the board."""
    return Board(
        uid="hashhedge-pipeline",
        title="hashhedge / Pipeline",
        description="Feeds, stream, step, outbox and delivery of hashhedge, hop by hop.",
        rows=(_FEEDS, _STREAMS, _STEP, _ALERTS, _DELIVERY, _PROCESS),
        since="now-1h",
    )

"""All of the service's own instruments in one list, and the closed sets of their labels.

Names follow Prometheus: prefix `hashhedge_`, base units, `_total` on counters only, moments as
`_timestamp_seconds` so that an age survives a scrape gap. Boards, rules and docs are tested
against this list; the company numbers themselves are `compute/gauges.py`.
"""

from __future__ import annotations

from monitor.telemetry.declarations import OTHER, Instrument, Label
from monitor.telemetry.declarations import counter as _counter
from monitor.telemetry.declarations import gauge as _gauge
from monitor.telemetry.declarations import histogram as _histogram

# The words that may stand in a label. Anything else is counted as `other`: a provider's free
# text must never become a series.
ROLES = ("feeds", "compute", "relay", "web")
# monitor.domain.freshness.State
FEED_STATES = (
    "fresh",
    "delayed",
    "late",
    "degraded",
    "disputed",
    "stale",
    "waiting",
    "dead",
    "refused",
)
# monitor.feeds.sequence.Place
STREAM_PLACES = ("duplicate", "out_of_order", OTHER)
# as monitor.feeds.breaker.BreakerState has them
BREAKER_STATES = ("closed", "open", "half_open")
# monitor.feeds.reasons.Reason
FEED_FAILURES = (
    "timeout",
    "connection",
    "throttled",
    "held_back",
    "server_error",
    "unauthorized",
    "forbidden",
    "not_found",
    "geo_blocked",
    "client_error",
    "redirected",
    "too_large",
    "not_text",
    "not_json",
    "missing_field",
    "wrong_type",
    "not_a_number",
    "out_of_bounds",
    "zero_price",
    "negative",
    "wrong_symbol",
    "store_unavailable",
    "bug",
    OTHER,
)
# monitor.domain.plausibility.Refusal, what the consensus leaves out, and what there is no room for
QUOTE_REJECTIONS = (
    "not_a_number",
    "zero_price",
    "negative",
    "out_of_bounds",
    "implausible",
    "not_whole",
    "future",
    "older_than_last",
    "crossed",
    "wide_spread",
    "maintenance",
    "wrong_symbol",
    "outlier",
    "unconverted",
    "delayed",
    "flagged",
    "nonpositive",
    "spread",
    "unconfirmed",
    "dependent",
    "unadjusted",
    "suspected_split",
    "too_many",
    "malformed",
    OTHER,
)
# as monitor.web.admission and monitor.web.subscription name them
INGEST_REFUSALS = (
    "unauthorized",
    "malformed",
    "too_large",
    "throttled",
    "repeated",
    "retained",
)
INGEST_OUTCOMES = ("accepted", *INGEST_REFUSALS, "store_unavailable")
# as monitor.web.command_door and monitor.web.command_topic name them
COMMAND_OUTCOMES = (
    "done",
    "refused",
    "repeated",
    "unanswered",
    "unsigned",
    "unknown_user",
    "bad_signature",
    "old_timestamp",
    "other_name",
    "id_taken",
    "malformed",
    "bad_reply_topic",
    "too_large",
    "retained",
    "throttled",
    "store_unavailable",
)
DELIVERY_FAILURES = (
    "ack_timeout",
    "bad_topic",
    "connection_lost",
    "not_connected",
    "refused",
    "too_large",
    "store_unavailable",
    OTHER,
)
BROKER_FAULTS = (
    "connection_refused",
    "unknown_host",
    "timeout",
    "hung_up",
    "no_tls",
    "unknown_authority",
    "certificate_expired",
    "wrong_hostname",
    "certificate_refused",
    "client_certificate_refused",
    "login_refused",
    "client_id_refused",
    "session_taken_over",
    "subscription_refused",
    "presence_refused",
    "not_acknowledged",
    "silent",
    "config",
    "unreachable",
    OTHER,
)
CHANNEL_FAULTS = (
    "auth",
    "rate_limited",
    "unreachable",
    "timeout",
    "refused",
    "too_large",
    "server_error",
    OTHER,
)
VERDICTS = (
    "sent",
    "quiet_hours",
    "capped",
    "with_its_fire",
    "not_followed",
    "unfollowed",
    "anothers",
    "severity_below",
    "untold",
    "muted",
    "no_news",
)
LETTER_OUTCOMES = ("delivered", "expired", "no_user", "dead")
SEVERITIES = ("critical", "warning", "info")
ALERT_STATES = (
    "inactive",
    "pending",
    "firing",
    "recovering",
    "resolved",
    "no_data",
    "error",
)
MODES = ("live", "shadow")
TRANSITION_STATES = (*ALERT_STATES, "noted")
TRANSITION_REASONS = (
    "breached",
    "held_for",
    "recovered",
    "clearing",
    "breached_again",
    "rearmed",
    "moved",
    "severity_raised",
    "severity_lowered",
    "back_before_for",
    "input_unusable",
    "input_delayed",
    "input_back",
    "no_data_alert",
    "no_data_ok",
    "data_back",
    "expression_failed",
    "outside_session",
    "outside_window",
    "rule_removed",
    "rule_changed",
    "stage_changed",
    "level_changed",
    "happened",
    "late",
    "acknowledged",
    "unacknowledged",
    "silence_expired",
    "ack_expired",
    "quiet_over",
    "inhibition_over",
    "maintenance_over",
    "made_live",
    "commanded",
    "ends_soon",
    "begun",
    "ended",
    "together",
    "over_cap",
    "expired",
)
# Transitions that every rulebook can make; rarer pairs appear with their first event.
USUAL_TRANSITIONS = (
    ("pending", "breached", "live"),
    ("inactive", "back_before_for", "live"),
    ("firing", "breached", "live"),
    ("firing", "held_for", "live"),
    ("resolved", "recovered", "live"),
    ("no_data", "input_unusable", "live"),
)

FEED = Label("feed")
STREAM = Label("stream")
COMPANY = Label("company")
METRIC = Label("metric")
RULE_TYPE = Label("rule_type")
SINK = Label("sink")
CHANNEL = Label("channel")
VERSION = Label("version")
ROLE = Label("role", ROLES)
SEVERITY = Label("severity", SEVERITIES)
MODE = Label("mode", MODES)

_CHANNEL_BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 28_800.0)
# One tick through one step takes well under a millisecond, a slow batch tens of them.
_STEP_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)
# The promise to traders is one second from arrival to the broker, so it is finest below it.
_ROAD_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)

_POLL_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


# hops 1 and 2: feeds
FEED_POLLS = _counter("feed_polls_total", "Polls made.", FEED)
FEED_POLL_FAILURES = _counter(
    "feed_poll_failures_total",
    "Polls that gave no usable quote, by reason.",
    FEED,
    Label("reason", FEED_FAILURES),
)
FEED_LAST_SUCCESS = _gauge(
    "feed_last_success_timestamp_seconds",
    "When the feed last answered with a usable quote, our clock; 0 means never.",
    FEED,
)
FEED_SOURCE_TIME = _gauge(
    "feed_source_timestamp_seconds",
    "The source's own time of its newest quote; 0 means never.",
    FEED,
)
FEED_BUDGET = _gauge(
    "feed_freshness_budget_seconds",
    "How long the feed declares its values to stay fresh; 0 means not declared.",
    FEED,
)
FEED_UP = _gauge("feed_up", "1 if the last poll gave a usable quote, else 0.", FEED)
SOURCE_DIVERGENCE = _gauge(
    "source_divergence_ratio",
    "How far the provider's list of values is off its answer for one of them; 0 without both.",
    FEED,
)
FEED_STATE = _gauge(
    "feed_state",
    "1 at what the newest data of the feed is: its age, or what is worse about it; `waiting` before "
    "the first, for one budget; `refused` while the provider refuses key, plan or region; 0 elsewhere.",
    FEED,
    Label("state", FEED_STATES),
)
FEED_POLL_SECONDS = _histogram(
    "feed_poll_seconds", "Time of one poll, all of its requests together.", _POLL_BUCKETS, FEED
)
FEED_SKIPPED = _counter(
    "feed_polls_skipped_total", "Polls left out because the one before still ran.", FEED
)
FEED_CRASHES = _counter(
    "feed_crashes_total", "Polls that ended in an error nobody expected: a bug of ours.", FEED
)
FEED_THROTTLED = _counter(
    "feed_throttled_total", "Answers in which the provider asked us to slow down.", FEED
)
# hops 1 and 2: streams
FEED_STREAM_UP = _gauge(
    "feed_stream_up", "1 while the stream brings what was subscribed, else 0.", STREAM
)
FEED_STREAM_HEARD = _gauge(
    "feed_stream_last_message_timestamp_seconds",
    "When the stream last gave a sign of life, our clock; 0 means never.",
    STREAM,
)
FEED_STREAM_TRADED = _gauge(
    "feed_stream_last_trade_timestamp_seconds",
    "The source's own time of the stream's newest value; 0 means never.",
    STREAM,
)
FEED_STREAM_FAILURES = _counter(
    "feed_stream_failures_total",
    "Connections that ended or did not come about, and messages refused, by reason.",
    STREAM,
    Label("reason", FEED_FAILURES),
)
FEED_STREAM_RECONNECTS = _counter(
    "feed_stream_reconnects_total", "Times the stream was opened again.", STREAM
)
FEED_STREAM_DISORDERED = _counter(
    "feed_stream_disordered_messages_total",
    "Numbered messages that came twice or late.",
    STREAM,
    Label("place", STREAM_PLACES),
)
FEED_STREAM_GAPS = _counter(
    "feed_stream_gaps_total", "Leaps in the numbers of messages that nothing closed.", STREAM
)
FEED_STREAM_MISSED = _counter(
    "feed_stream_missed_messages_total", "Messages that are missing in those gaps.", STREAM
)
FEED_BREAKER = _gauge(
    "feed_breaker_state",
    "1 at the state of the feed's circuit breaker: closed, open or half_open; 0 elsewhere.",
    FEED,
    Label("state", BREAKER_STATES),
)
FEED_REQUEST_BUDGET = _gauge(
    "feed_request_budget_used_ratio",
    "Used share of the provider account's request budget in the last minute: by our count or as "
    "the provider tells it, whichever is more.",
    FEED,
)
INGEST_REQUESTS = _counter(
    "ingest_requests_total",
    "Requests to /ingest and messages on its MQTT topics, by what became of them.",
    Label("outcome", INGEST_OUTCOMES),
)
COMMANDS = _counter(
    "commands_total",
    "Commands of people over HTTP and MQTT, by what became of them.",
    Label("outcome", COMMAND_OUTCOMES),
)
# hops 3 and 4: accepting and storing
QUOTES_ACCEPTED = _counter("quotes_accepted_total", "Quotes stored.", FEED)
QUOTES_REJECTED = _counter(
    "quotes_rejected_total",
    "Quotes that were not believed, by reason.",
    FEED,
    Label("reason", QUOTE_REJECTIONS),
)
STORE_ERRORS = _counter(
    "store_errors_total", "Commands that Redis refused or did not answer, by role.", ROLE
)
# hops 5 and 6: the step and its commit
TICKS = _counter("ticks_total", "Stream entries taken into a step.")
RECOMPUTES = _counter("recomputes_total", "Times a company's metrics were computed anew.", COMPANY)
RECOMPUTE_FAILURES = _counter(
    "recompute_failures_total", "Metrics left out of a step because they raised.", METRIC
)
RECOMPUTE_SECONDS = _histogram(
    "recompute_seconds", "Time of one pure step: recompute, then rules.", _STEP_BUCKETS
)
PIPELINE_SECONDS = _histogram(
    "pipeline_seconds",
    "Time from a tick's arrival to the acknowledgement of the notification it caused.",
    _ROAD_BUCKETS,
)
STREAM_LAG = _gauge("stream_lag_entries", "Ticks written but not yet read by compute.")
STREAM_PENDING = _gauge("stream_pending_entries", "Ticks read but not yet committed.")
STREAM_TRIMMED = _counter(
    "stream_trimmed_total", "Ticks that the stream has forgotten, long after they were committed."
)
RULE_EVALUATIONS = _counter(
    "rule_evaluations_total", "Rules evaluated, by type: only those a change can touch.", RULE_TYPE
)
RULE_SECONDS = _counter(
    "rule_evaluation_seconds_total", "Time spent on evaluating rules, by type.", RULE_TYPE
)
RULE_FAILURES = _counter(
    "rule_evaluation_failures_total", "Rules left out of a step because they raised."
)
RULES_FAILED = _gauge(
    "rules_failed_alerts",
    "Alerts whose rule could not be evaluated last, for instance a division by an unknown value.",
)
TRANSITIONS = _counter(
    "transitions_total",
    "Alert state changes, by new state and reason; of a rule in the shadow, what it would have done.",
    Label("to_state", TRANSITION_STATES),
    Label("reason", TRANSITION_REASONS),
    MODE,
    starts=USUAL_TRANSITIONS,
)
ALERTS = _gauge(
    "alerts",
    "Alerts standing in each state, by severity; those in the shadow are only tried.",
    SEVERITY,
    Label("state", ALERT_STATES),
    MODE,
)
# hops 7 and 8: relay and sinks
OUTBOX_DEPTH = _gauge("outbox_depth_entries", "Notifications waiting for delivery.")
OUTBOX_OLDEST = _gauge(
    "outbox_oldest_timestamp_seconds",
    "When the oldest waiting notification was committed; 0 means none waits.",
)
DEAD_LETTERS = _gauge("dead_letters_entries", "Notifications given up, kept for a person.")
NOTIFICATIONS = _counter("notifications_total", "Notifications handed to a sink.", SINK)
NOTIFICATION_FAILURES = _counter(
    "notification_failures_total",
    "Deliveries that a sink refused, by reason.",
    SINK,
    Label("reason", DELIVERY_FAILURES),
)
MQTT_CONNECTED = _gauge("mqtt_connected", "1 while the broker connection stands, else 0.")
MQTT_CONNECTION_FAILURES = _counter(
    "mqtt_connection_failures_total",
    "Connections to the broker that were not had, or ended, by reason.",
    Label("reason", BROKER_FAULTS),
)
MQTT_PUBLISHES = _counter("mqtt_publishes_total", "Messages handed to the broker.")
MQTT_PUBLISH_FAILURES = _counter(
    "mqtt_publish_failures_total",
    "Messages the broker did not acknowledge, by reason.",
    Label("reason", DELIVERY_FAILURES),
)
# letters to users
ROUTED = _counter(
    "routed_total",
    "Notices by what became of them, once for each user.",
    Label("verdict", VERDICTS),
)
CHANNEL_MESSAGES = _counter("channel_messages_total", "Messages that a channel took.", CHANNEL)
CHANNEL_FAILURES = _counter(
    "channel_failures_total",
    "Tries at a user's channel that failed, by reason.",
    CHANNEL,
    Label("reason", CHANNEL_FAULTS),
)
CHANNEL_SECONDS = _histogram(
    "channel_seconds",
    "Time from an alert's event to a channel's taking the message of it.",
    _CHANNEL_BUCKETS,
    CHANNEL,
)
LETTERS = _counter(
    "user_letters_total",
    "Letters to users by what became of them.",
    Label("outcome", LETTER_OUTCOMES),
)
LETTERS_WAITING = _gauge("user_letters_waiting_entries", "Letters waiting for a channel.")
LETTERS_DEAD = _gauge("user_letters_dead_entries", "Letters that no channel took.")
# the process
LEASE_HELD = _gauge("lease_held", "1 while this process holds the role's lease, else 0.", ROLE)
LOOP_HEARTBEAT = _gauge(
    "loop_heartbeat_timestamp_seconds", "When the event loop last renewed its heartbeat."
)
CLOCK_AHEAD = _gauge(
    "clock_ahead_seconds",
    "By how much the service's time is ahead of the wall clock, which was set back; 0 as usual.",
)
RELOAD_SUCCESSFUL = _gauge(
    "config_last_reload_successful", "1 if the books in use are the newest ones, 0 if refused."
)
RELOAD_TIME = _gauge(
    "config_last_reload_timestamp_seconds", "When the books were last loaded without error."
)
BUILD_INFO = _gauge("build_info", "1, with the version of this process as label.", VERSION)

CATALOGUE: tuple[Instrument, ...] = tuple(
    value for value in tuple(globals().values()) if isinstance(value, Instrument)
)

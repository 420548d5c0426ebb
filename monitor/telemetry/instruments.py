"""The service measuring itself: one object with its own registry, handed to whoever counts.

Every method is a named event of one hop, so the callers know neither label order nor units:
moments come in as milliseconds UTC, durations in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from prometheus_client import CollectorRegistry

from monitor.telemetry import catalogue as c
from monitor.telemetry.courier_meter import CourierMeter
from monitor.telemetry.feed_meter import ExternalMeter, FeedMeter
from monitor.telemetry.series import Known, Series
from monitor.telemetry.stream_meter import StreamMeter


class Instruments:
    """Counters, gauges and histograms of one process; render them from `registry`.

    Attributes:
        feeds: what the feeds room counts, hops 1 to 4.
        externals: what is counted of quotes that others post.
        streams: what it counts of what is sent by itself.
        courier: what is counted of letters to users.
        mqtt_is_connected: whether the broker connection stands, as last told.
        mqtt_fault: why it does not, and what mends it; empty while it stands.
        held: the roles whose lease this process holds.
        failing: the roles whose last write Redis did not take, and why.

    """

    def __init__(self, known: Known, *, version: str) -> None:
        self._series = Series(known, version=version)
        self.feeds = FeedMeter(self._series)
        self.externals = ExternalMeter(self._series)
        self.streams = StreamMeter(self._series)
        self.courier = CourierMeter(self._series)
        self.mqtt_is_connected, self.mqtt_fault = False, ""
        self.held: set[str] = set()
        self.failing: dict[str, str] = {}

    @property
    def registry(self) -> CollectorRegistry:
        """Return the registry, to render it or to add a collector."""
        return self._series.registry

    def know(self, known: Known) -> None:
        """Take over new books: new series start at 0, series of what is gone are removed."""
        self._series.know(known)

    # hops 2 to 4

    def posted(self, outcome: str) -> None:
        """Count one request to `/ingest` by one of `INGEST_OUTCOMES`."""
        self._series.count(c.INGEST_REQUESTS, outcome)

    def commanded(self, outcome: str) -> None:
        """Count one command over HTTP or MQTT by one of `COMMAND_OUTCOMES`."""
        self._series.count(c.COMMANDS, outcome)

    def quote_rejected(self, feed: str, reason: str, times: int = 1) -> None:
        """Count quotes that the step or the consensus left out."""
        self.feeds.rejected(feed, reason, times)

    def store_failed(self, role: str, why: str) -> None:
        """Count a Redis command that failed in the work of `role`, and remember why."""
        self.failing[role] = why
        self._series.count(c.STORE_ERRORS, role)

    def store_works(self, role: str) -> None:
        """Forget the failure of `role`: Redis took a write of it, or it has none to make."""
        self.failing.pop(role, None)

    # hops 5 and 6

    def ticks_taken(self, ticks: int) -> None:
        """Count the stream entries of one batch."""
        self._series.tally(c.TICKS, by=ticks)

    def recomputed(self, company: str, times: int = 1) -> None:
        """Count recomputes of a company that changes touched."""
        self._series.count(c.RECOMPUTES, company, by=times)

    def recompute_failed(self, metric: str, times: int = 1) -> None:
        """Count a metric that raised and was left out."""
        self._series.count(c.RECOMPUTE_FAILURES, metric, by=times)

    def step_took(self, seconds: float) -> None:
        """Record the duration of one pure step."""
        self._series.sample(c.RECOMPUTE_SECONDS, seconds)

    def delivered_after(self, seconds: float) -> None:
        """Record the time from a tick's arrival to the acknowledged notification."""
        self._series.sample(c.PIPELINE_SECONDS, seconds)

    def stream_behind(self, *, lag: int, pending: int) -> None:
        """Set how many ticks wait to be read, and how many are read but not committed."""
        self._series.set(c.STREAM_LAG, lag)
        self._series.set(c.STREAM_PENDING, pending)

    def ticks_trimmed(self, ticks: int) -> None:
        """Count ticks that the stream has forgotten."""
        self._series.count(c.STREAM_TRIMMED, by=ticks)

    def rules_evaluated(self, kind: str, times: int, seconds: float) -> None:
        """Count evaluations of rules of one type, and the time that they took."""
        self._series.tally(c.RULE_EVALUATIONS, kind, by=times)
        self._series.tally(c.RULE_SECONDS, kind, by=seconds)

    def rule_failed(self, times: int = 1) -> None:
        """Count a rule that raised and was left out."""
        self._series.count(c.RULE_FAILURES, by=times)

    def rules_failing(self, alerts: int) -> None:
        """Set for how many alerts the rule could not be evaluated last."""
        self._series.set(c.RULES_FAILED, alerts)

    def transitioned(self, to_state: str, reason: str, mode: str) -> None:
        """Count one alert's change of state; `mode` is its rule's."""
        self._series.tally(c.TRANSITIONS, to_state, reason, mode)

    def alerts_standing(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        """Set the number of alerts by (severity, state, mode); what is not named stands at 0."""
        for place in product(c.SEVERITIES, c.ALERT_STATES, c.MODES):
            self._series.set(c.ALERTS, counts.get(place, 0), *place)

    # hops 7 and 8

    def outbox_holds(self, *, depth: int, oldest_at: int | None, dead_letters: int) -> None:
        """Set what waits: entries, commit time of the oldest (ms UTC), entries given up."""
        self._series.set(c.OUTBOX_DEPTH, depth)
        self._series.set(c.OUTBOX_OLDEST, 0 if oldest_at is None else oldest_at / 1_000)
        self._series.set(c.DEAD_LETTERS, dead_letters)

    def notified(self, sink: str) -> None:
        """Count a notification handed to `sink`."""
        self._series.tally(c.NOTIFICATIONS, sink)

    def notification_failed(self, sink: str, reason: str) -> None:
        """Count a delivery that failed; `reason` is the DeliveryError's."""
        self._series.count(c.NOTIFICATION_FAILURES, sink, reason)

    def mqtt_connected(self, connected: bool) -> None:
        """Set whether the broker connection stands."""
        self.mqtt_is_connected = connected
        if connected:
            self.mqtt_fault = ""
        self._series.set(c.MQTT_CONNECTED, float(connected))

    def mqtt_connection_failed(self, reason: str, hint: str) -> None:
        """Count a connection that was not had, or ended; `hint` is what mends it."""
        self._series.count(c.MQTT_CONNECTION_FAILURES, reason)
        self.mqtt_fault = f"{reason}: {hint}"

    def mqtt_published(self) -> None:
        """Count a message handed to the broker."""
        self._series.tally(c.MQTT_PUBLISHES)

    def mqtt_publish_failed(self, reason: str) -> None:
        """Count a message that the broker did not acknowledge."""
        self._series.count(c.MQTT_PUBLISH_FAILURES, reason)

    # the process

    def lease_held(self, role: str, held: bool) -> None:
        """Set whether this process holds the lease of `role`."""
        (self.held.add if held else self.held.discard)(role)
        self._series.set(c.LEASE_HELD, float(held), role)

    def loop_beat(self, at: int, ahead_s: float = 0.0) -> None:
        """Note that the event loop turned at `at`, ms UTC, with a time so far ahead of the wall's."""
        self._series.set(c.LOOP_HEARTBEAT, at / 1_000)
        self._series.set(c.CLOCK_AHEAD, ahead_s)

    def books_reloaded(self, *, at: int, successful: bool) -> None:
        """Note an attempt to load the books at `at`, ms UTC; a refused one keeps the old time."""
        self._series.set(c.RELOAD_SUCCESSFUL, float(successful))
        if successful:
            self._series.set(c.RELOAD_TIME, at / 1_000)

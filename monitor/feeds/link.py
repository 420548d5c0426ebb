"""The state of one stream's connection, as a value that takes time as an argument. Pure.

A quiet market is not a dead link: heartbeats keep the link up while the age of the last trade
grows. What ends a connection is silence, a subscription that is not confirmed, or the other side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from monitor.core.clock import SECOND, Millis
from monitor.feeds.streams import StreamSpec


class LinkState(StrEnum):
    """How a stream is connected.

    Attributes:
        DOWN: there is no connection; the next try waits its time.
        SUBSCRIBING: it stands, and not all instruments are confirmed.
        UP: it stands and brings what was subscribed, be it only heartbeats.
        DEAD: it stands and nothing comes: to be ended.

    """

    DOWN = "down"
    SUBSCRIBING = "subscribing"
    UP = "up"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Link:
    """One stream's connection at one moment; each step returns a new one.

    Attributes:
        spec: the stream's declaration.
        opened_at: when the present connection was opened; None: there is none.
        heard_at: when a readable message last came, on any connection.
        pinged_at: when we last asked for a sign of life on the present one.
        traded_at: the source's own time of the newest quote, whatever became of it.
        confirmed: instruments that the present connection brings.
        refused: instruments that the provider does not send us.
        connections: opened so far.
        up_since: when the present connection was confirmed; None: it is not.
        down_since: the last sign of life of the last one that was up, or the start; None: it is up.

    """

    spec: StreamSpec
    opened_at: Millis | None = None
    heard_at: Millis | None = None
    pinged_at: Millis | None = None
    traded_at: Millis | None = None
    confirmed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    connections: int = 0
    up_since: Millis | None = None
    down_since: Millis | None = None

    @property
    def reconnects(self) -> int:
        """Return how often it was opened again."""
        return max(0, self.connections - 1)

    @property
    def missing(self) -> frozenset[str]:
        """Return the instruments that are neither confirmed nor refused."""
        return frozenset(self.spec.instruments) - self.confirmed - self.refused

    def state(self, now: Millis) -> LinkState:
        """Return how the stream is connected at `now`."""
        if self.opened_at is None:
            return LinkState.DOWN
        if self._silent(now):
            return LinkState.DEAD
        return LinkState.SUBSCRIBING if self.missing else LinkState.UP

    def brings(self, now: Millis) -> frozenset[str]:
        """Return the instruments that need not be asked for, since they are sent."""
        alive = self.state(now) in {LinkState.UP, LinkState.SUBSCRIBING}
        return self.confirmed if alive else frozenset()

    def fault(self, now: Millis) -> str:
        """Return why the connection must be ended at `now`; empty while it may stand."""
        if self.opened_at is None:
            return ""
        if self._silent(now):
            return f"nothing came for {self.spec.silent_s:g} s"
        if self.missing and now - self.opened_at >= self.spec.confirm_s * SECOND:
            names = ", ".join(sorted(self.missing))
            return f"{names} not confirmed within {self.spec.confirm_s:g} s"
        return ""

    def wants_ping(self, now: Millis) -> bool:
        """Tell whether it is time to ask for a sign of life."""
        if self.spec.ping is None or self.opened_at is None:
            return False
        last = self.opened_at if self.pinged_at is None else self.pinged_at
        return now - last >= self.spec.ping.every_s * SECOND

    def stood_ms(self, now: Millis) -> Millis:
        """Return for how long the present connection has been up."""
        return 0 if self.up_since is None else now - self.up_since

    def opened(self, now: Millis) -> Link:
        """Note that a connection stands."""
        return replace(
            self,
            opened_at=now,
            pinged_at=None,
            up_since=None,
            confirmed=frozenset(),
            refused=frozenset(),
            connections=self.connections + 1,
        )

    def heard(self, now: Millis) -> Link:
        """Note a readable message, or a sign of life of the protocol."""
        return replace(self, heard_at=now)

    def pinged(self, now: Millis) -> Link:
        """Note that we asked for a sign of life."""
        return replace(self, pinged_at=now)

    def subscribed(self, instruments: frozenset[str], now: Millis) -> Link:
        """Note that these instruments will come, or have come."""
        declared = instruments & frozenset(self.spec.instruments)
        if declared <= self.confirmed:
            return self
        return replace(
            self, confirmed=self.confirmed | declared, refused=self.refused - declared
        ).settled(now)

    def without(self, instruments: frozenset[str], now: Millis) -> Link:
        """Note that the provider does not send these instruments."""
        return replace(
            self, confirmed=self.confirmed - instruments, refused=self.refused | instruments
        ).settled(now)

    def traded(self, observed_at: Millis) -> Link:
        """Note a quote by the source's own time; the newest never goes back."""
        newest = observed_at if self.traded_at is None else max(self.traded_at, observed_at)
        return replace(self, traded_at=newest)

    def closed(self) -> Link:
        """Note that the connection is no more."""
        lost = self.down_since if self.up_since is None else self.heard_at or self.up_since
        return replace(
            self,
            opened_at=None,
            pinged_at=None,
            up_since=None,
            down_since=lost,
            confirmed=frozenset(),
        )

    def settled(self, now: Millis) -> Link:
        """Note that it is up, if every instrument is confirmed or refused."""
        if self.missing or self.up_since:
            return self
        return replace(self, up_since=now, down_since=None)

    def _silent(self, now: Millis) -> bool:
        if self.opened_at is None:
            return False
        last = self.opened_at if self.heard_at is None else max(self.heard_at, self.opened_at)
        return now - last >= self.spec.silent_s * SECOND

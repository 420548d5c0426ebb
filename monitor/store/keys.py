"""Every Redis key of hashhedge, built here and nowhere else.

All keys of one shard share one hash tag, so that a Redis Cluster keeps them on one node and one
server-side function may touch them all.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_TAG = "hh:0"
REPLAY_TAG = "hh:replay"
DEMO_TAG = f"{REPLAY_TAG}:demo"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one shard.

    Attributes:
        tag: what stands between the braces; `hh:0` live, `hh:replay` for replays, so that a
            replay can never touch live state on the same server.

    """

    tag: str = DEFAULT_TAG

    def _key(self, name: str) -> str:
        return f"{{{self.tag}}}:{name}"

    @property
    def ticks(self) -> str:
        """Stream: what came in. The ingest contract of docs/ingest.md."""
        return self._key("ticks")

    @property
    def quotes(self) -> str:
        """Hash: `instrument|source` to the latest quote as JSON, written with its tick."""
        return self._key("quotes")

    @property
    def state(self) -> str:
        """Hash: the step's whole memory, one cell a field; changed only by the commit."""
        return self._key("state")

    @property
    def transitions(self) -> str:
        """Stream: every transition of every alert, in order; the audit trail."""
        return self._key("transitions")

    @property
    def tags(self) -> str:
        """Hash: the id of an alert's fire to what people thought of it."""
        return self._key("tags")

    @property
    def outbox(self) -> str:
        """Stream: transitions not yet delivered; shrinks by settlement alone."""
        return self._key("outbox")

    @property
    def dead_letters(self) -> str:
        """Stream: notifications that cannot be delivered, with the reason."""
        return self._key("dead-letters")

    @property
    def rejected(self) -> str:
        """Stream: tick entries that could not be read, with the reason; capped."""
        return self._key("rejected")

    def notices(self, source: str) -> str:
        """Sorted set: the ids of what a source has told, by when it happened; a month of them."""
        return self._key(f"notices:{source}")

    @property
    def flaws(self) -> str:
        """Stream: gaps, stale and disputed spans as they were noticed; capped."""
        return self._key("flaws")

    @property
    def replies(self) -> str:
        """Stream: what became of people's commands, written with what they did; capped."""
        return self._key("replies")

    @property
    def forbidden(self) -> str:
        """Stream: commands that were refused before they came among the ticks; capped."""
        return self._key("forbidden")

    def command(self, name: str) -> str:
        """Expiring text: the id of a command that was taken, with what it said."""
        return self._key(f"command:{name}")

    @property
    def refused(self) -> str:
        """Hash: `hour|reason|source` to how many values were refused; kept for some days."""
        return self._key("refused")

    @property
    def feeds(self) -> str:
        """Hash: feed name to its health as JSON."""
        return self._key("feeds")

    @property
    def externals(self) -> str:
        """Hash: name of a sender to /ingest to what is known of it, as JSON."""
        return self._key("externals")

    @property
    def signatures(self) -> str:
        """Sorted set: signatures of requests that were taken, by when; as long as one counts."""
        return self._key("signatures")

    @property
    def rulebook(self) -> str:
        """Hash: the rulebook of the process that computes: its file, its version, itself."""
        return self._key("rulebook")

    @property
    def published(self) -> str:
        """Set: the MQTT topics that hold a retained state of ours."""
        return self._key("published")

    @property
    def alert_states(self) -> str:
        """Hash: `rule|key` to the transition that a broker was told last, written as it is settled.

        A user's own alert has `@` before it.
        """
        return self._key("alert-states")

    @property
    def alerts(self) -> str:
        """Text: which alerts the rulebook makes, and which told ones are no more, as JSON."""
        return self._key("alerts")

    @property
    def discovery(self) -> str:
        """Hash: topic of a Home Assistant configuration of ours to the components ever in it."""
        return self._key("discovery")

    @property
    def replay(self) -> str:
        """Hash: how far a replay has been fed, and from what."""
        return self._key("replay")

    @property
    def instance(self) -> str:
        """Text: the name of the installation that keeps its state here."""
        return self._key("instance")

    def company(self, ticker: str) -> str:
        """Hash: one company's readings, for people with redis-cli."""
        return self._key(f"company:{ticker}")

    @property
    def companies(self) -> str:
        """Set: the tickers that have a company hash."""
        return self._key("companies")

    @property
    def views(self) -> str:
        """Hash: how often each of these hashes has been written, and `turn`, how often any was."""
        return self._key("views")

    @property
    def watchlists(self) -> str:
        """Set: the names of the watch lists."""
        return self._key("watchlists")

    def watchlist(self, name: str) -> str:
        """Set: the companies and instruments on a watch list."""
        return self._key(f"watchlist:{name}")

    @property
    def letters(self) -> str:
        """Stream: letters to users on their way to a channel; shrinks by settlement alone."""
        return self._key("letters")

    @property
    def dead_user_letters(self) -> str:
        """Stream: letters that no channel of their user took, with the reasons; capped."""
        return self._key("letters-dead")

    @property
    def holding(self) -> str:
        """Set: the users for whom letters are held."""
        return self._key("holding")

    def held(self, user: str) -> str:
        """Hash: `thread/letter` to a letter that waits for the end of the user's quiet hours."""
        return self._key(f"held:{user}")

    def routed(self, user: str) -> str:
        """Sorted set: ids of the letters written to a user, by when; two days of them."""
        return self._key(f"routed:{user}")

    def pushed(self, user: str) -> str:
        """Sorted set: ids of the letters that went out to a user, by when; an hour of them."""
        return self._key(f"pushed:{user}")

    def told(self, user: str) -> str:
        """Sorted set: the threads of alerts that a user was told of and that go on."""
        return self._key(f"told:{user}")

    def follows(self, user: str) -> str:
        """Hash: what a user follows (1) or has unfollowed (0) by command."""
        return self._key(f"follows:{user}")

    @property
    def receipts(self) -> str:
        """Stream: what became of letters at channels; capped."""
        return self._key("receipts")

    def named(self, name: str) -> str:
        """Text: what the other side calls the last message of an alert by a channel; a week."""
        return self._key(f"named:{name}")

    @property
    def channel_faults(self) -> str:
        """Hash: `user|channel|reason` to since when that channel does not work."""
        return self._key("channel-faults")

    @property
    def market(self) -> str:
        """Hash: the market's and the network's readings, for people with redis-cli."""
        return self._key("market")

    def lease(self, role: str) -> str:
        """Expiring text: who holds `role` now."""
        return self._key(f"lease:{role}")

    def token(self, role: str) -> str:
        """Counter: the fencing token of the newest holder of `role`."""
        return self._key(f"token:{role}")

    @property
    def prefix(self) -> str:
        """What every key of this shard begins with."""
        return self._key("")

    @property
    def pattern(self) -> str:
        """Glob that matches every key of this shard and no other."""
        return self._key("*")

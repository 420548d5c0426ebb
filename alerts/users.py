"""Who is told: people, teams, what they follow, when they sleep, by which ways they are reached.

Pure: `alerts/users_file.py` reads the file. Passwords and tokens are not here: a channel's settings
name the secrets that it needs. Keys for commands stay in a file of their own, under the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alerts.model import Severity
from monitor.core.clock import DAY, MINUTE, Millis
from monitor.domain.windows import Hours

Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Language: TypeAlias = Literal["en", "zh-CN"]
Colours: TypeAlias = Literal["green-up", "red-up"]
UserName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
WallTime = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
INBOX = "inbox"
OPS = "ops"
"""The team that is told of channels that do not work."""
_A_MONDAY = 4 * DAY
"""00:00 UTC of the first one there was."""
MAX_EDGES = 64
"""So many windows may touch each other before the search for their common end stops."""


class _Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What has no other fields than its own."""


class QuietHours(_Closed, frozen=True, kw_only=True):
    """Hours of the week in which little is told, by the clock on the user's wall.

    Attributes:
        from_: time of day at which it begins, `22:00`.
        to: time of day at which it ends, not later than `from`: on the next day; `24:00` is midnight.
        days: the days on which it begins.

    """

    from_: WallTime = msgspec.field(name="from")
    to: WallTime
    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1)] = WEEK

    def window(self, zone: ZoneInfo) -> Hours:
        """Return it as a window of time in `zone`."""
        days = frozenset(WEEK.index(day) for day in self.days)
        return Hours(zone, _time(self.from_), _time(self.to), days)


class Follows(_Closed, frozen=True, kw_only=True):
    """What somebody wants to be told of; one word that fits is enough.

    Attributes:
        companies: tickers.
        watchlists: names of watch lists, as they stand at the moment of the alert.
        rules: ids of rules; of another user's own rule `ben.quarter`.
        tags: what the alert is about: the type of the company (`miner`), a standing flag
            (`litigation`), the `family` of the rule.

    """

    companies: tuple[Word, ...] = ()
    watchlists: tuple[UserName, ...] = ()
    rules: tuple[Word, ...] = ()
    tags: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a block that follows nothing."""
        if not (self.companies or self.watchlists or self.rules or self.tags):
            raise ValueError("`follows` names nothing; leave it out to follow everything")

    def items(self) -> Iterable[str]:
        """Yield what is followed as `kind:word`."""
        for kind, words in (
            ("company", self.companies),
            ("watchlist", self.watchlists),
            ("rule", self.rules),
            ("tag", self.tags),
        ):
            yield from (f"{kind}:{word}" for word in words)


class ChannelSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One way to a person.

    Attributes:
        kind: of the channel.
        settings: of it; what is secret is named there and lies elsewhere.

    """

    kind: str
    settings: Mapping[str, Any]


class Team(_Closed, frozen=True, kw_only=True):
    """Several people; whoever is in it follows what it follows."""

    name: UserName
    follows: Follows | None = None


class User(_Closed, frozen=True, kw_only=True):
    """One person.

    Attributes:
        name: also that of his inbox, his rules and his key for commands.
        teams: those he is in.
        language: of titles and texts.
        zone: time zone of quiet hours and of times in texts, by its IANA name.
        colours: which colour is up; None: red in Chinese, green elsewhere.
        severity: the least that is told.
        follows: what is told, beside what he follows by command; None and nothing followed:
            everything.
        quiet: hours in which only `wakes` are told; the rest comes in one message at their end.
        wakes: severities that pass quiet hours and the cap.
        cap_per_hour: at most so many messages in any hour; None: as many as there are.
        channels: the ways to him, the first that works is taken: each a `kind`, and beside it the
            settings of that kind.

    """

    name: UserName
    teams: tuple[UserName, ...] = ()
    language: Language = "en"
    zone: str = "UTC"
    colours: Colours | None = None
    severity: Severity = Severity.INFO
    follows: Follows | None = None
    quiet: tuple[QuietHours, ...] = ()
    wakes: tuple[Severity, ...] = (Severity.CRITICAL,)
    cap_per_hour: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    channels: Annotated[tuple[Mapping[str, Any], ...], msgspec.Meta(min_length=1, max_length=8)] = (
        {"kind": INBOX},
    )

    def __post_init__(self) -> None:
        """Refuse a time zone that there is not, and a channel without a kind."""
        for channel in self.channels:
            if not isinstance(channel.get("kind"), str):
                raise ValueError("`channels`: one has no `kind`; write {kind: inbox}")  # noqa: TRY004  # msgspec takes this one
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            problem = f"`zone` {self.zone!r} is no time zone; write Asia/Shanghai"
            raise ValueError(problem) from error

    @property
    def red_up(self) -> bool:
        """Tell whether red means up."""
        return (self.colours or ("red-up" if self.language == "zh-CN" else "green-up")) == "red-up"

    @cached_property
    def wall(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.zone)

    @cached_property
    def windows(self) -> tuple[Hours, ...]:
        """Return the quiet hours as windows of time."""
        return tuple(hours.window(self.wall) for hours in self.quiet)

    def quiet_until(self, moment: Millis) -> Millis | None:
        """Return when the quiet hours that are on at `moment` end, ms UTC; None: none are.

        Windows that touch or overlap are one: Friday night into the weekend.
        """
        end = moment
        for _ in range(MAX_EDGES):
            edges = [it.next_edge(end) for it in self.windows if it.open_at(end)]
            known = [edge for edge in edges if edge is not None]
            if not known:
                break
            end = max(known)
        return None if end == moment else end

    @property
    def never_awake(self) -> bool:
        """Tell whether the quiet hours leave no minute of the week, so that nothing would end them."""
        week = range(_A_MONDAY, _A_MONDAY + 7 * DAY, MINUTE)
        return bool(self.quiet) and all(
            any(window.open_at(moment) for window in self.windows) for moment in week
        )

    @cached_property
    def ways(self) -> tuple[ChannelSetting, ...]:
        """Return the channels, kind and settings apart."""
        return tuple(
            ChannelSetting(
                kind=channel["kind"],
                settings={name: it for name, it in channel.items() if name != "kind"},
            )
            for channel in self.channels
        )

    def channel_names(self) -> tuple[str, ...]:
        """Return a name for each channel: its kind, and a number from the second of a kind on."""
        kinds = [way.kind for way in self.ways]
        counts = [kinds[: place + 1].count(kind) for place, kind in enumerate(kinds)]
        return tuple(
            kind if count == 1 else f"{kind}-{count}"
            for kind, count in zip(kinds, counts, strict=True)
        )


class UsersBook(_Closed, frozen=True, kw_only=True):
    """All of them; names of users and of teams are one set, for an escalation names either."""

    users: tuple[User, ...] = ()
    teams: tuple[Team, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, User]:
        """Return the users by name."""
        return {user.name: user for user in self.users}

    @cached_property
    def team_follows(self) -> Mapping[str, Follows | None]:
        """Return what each team follows, by its name."""
        return {team.name: team.follows for team in self.teams}

    def faults_of(self, kind: str, reason: str) -> list[str]:
        """Return the names of a fault, `user|channel|reason`, at each channel of a kind."""
        return [
            f"{user.name}|{name}|{reason}"
            for user in self.users
            for way, name in zip(user.ways, user.channel_names(), strict=True)
            if way.kind == kind
        ]


NOBODY = UsersBook()
"""The book where no users are configured."""


def _time(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)

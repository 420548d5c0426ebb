"""From a transition to people: who is told, and of everybody else why not. Pure.

Everything that the answer rests on is an argument: the moment, what each follows by now, what each
was told and what waits for him. So the service and `hashhedge route test` cannot differ.

Nobody is told half: the end of an alert goes to whoever was told that it fires, however loud it is
by then, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from alerts.forms import owner_of
from alerts.identity import notice_id
from alerts.model import AlertState, News, Transition
from alerts.pacing.severities import LOUDNESS
from alerts.users import OPS, User, UsersBook
from monitor.core.clock import HOUR, Millis


class Verdict(StrEnum):
    """What becomes of a notice for one user; a closed set, a metric label."""

    SENT = "sent"
    QUIET_HOURS = "quiet_hours"
    CAPPED = "capped"
    WITH_ITS_FIRE = "with_its_fire"
    NOT_FOLLOWED = "not_followed"
    UNFOLLOWED = "unfollowed"
    ANOTHERS = "anothers"
    SEVERITY_BELOW = "severity_below"
    UNTOLD = "untold"
    MUTED = "muted"
    NO_NEWS = "no_news"

    @property
    def words(self) -> str:
        """Return it as a sentence for people."""
        return _WORDS[self]


_WORDS: Mapping[Verdict, str] = {
    Verdict.SENT: "goes out now",
    Verdict.QUIET_HOURS: "held: it is in the user's quiet hours",
    Verdict.CAPPED: "held: the user's cap for an hour is reached",
    Verdict.WITH_ITS_FIRE: "held: the fire that it ends is held, too",
    Verdict.NOT_FOLLOWED: "the user does not follow it",
    Verdict.UNFOLLOWED: "the user has unfollowed it",
    Verdict.ANOTHERS: "it is for somebody else",
    Verdict.SEVERITY_BELOW: "it is less loud than what the user wants",
    Verdict.UNTOLD: "the user was not told that it fires",
    Verdict.MUTED: "nobody is told: it is muted",
    Verdict.NO_NEWS: "nobody is told: it is no news",
}
HELD = frozenset({Verdict.QUIET_HOURS, Verdict.CAPPED, Verdict.WITH_ITS_FIRE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What one user has been told, as far as it matters.

    Attributes:
        told: the threads of alerts that he was told of and that go on.
        held: the threads of what waits for him.
        sent_at: when messages went out to him within the last hour, ms UTC.

    """

    told: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    sent_at: tuple[Millis, ...] = ()


NO_PAST = Past()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that the answer rests on beside the alert and the user.

    Attributes:
        now: ms UTC.
        book: of users and teams.
        tags: of the alert.
        lists: symbols on each watch list.
        wishes: by user, what he follows (True) or has unfollowed (False) by command, as
            `company:RIOT`.
        pasts: by user.

    """

    now: Millis
    book: UsersBook
    tags: frozenset[str] = frozenset()
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    wishes: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    pasts: Mapping[str, Past] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What becomes of one notice for one user; `until` is how long it is held, ms UTC."""

    user: str
    verdict: Verdict
    until: Millis | None = None


def thread_of(item: Transition, user: str) -> str:
    """Return the name of an alert's episode at a user: the same from its fire to its end."""
    return notice_id(item.name, user, item.since)


def letter_id(item: Transition, user: str) -> str:
    """Return the id of a notice at a user: the same at every try and after any crash."""
    return notice_id(item.id, f"to:{user}", item.at)


def ends(item: Transition) -> bool:
    """Tell whether it is the end of an alert."""
    return item.to_state in {AlertState.RESOLVED, AlertState.INACTIVE}


def begins(item: Transition) -> bool:
    """Tell whether it says that something goes on, whose end is to be told as well."""
    return not ends(item) and item.to_state is not AlertState.NOTED


def routes(item: Transition, scene: Scene) -> list[Route]:
    """Return what becomes of `item` for each user of the book, in its order."""
    return [route(item, user, scene) for user in scene.book.users]


def route(item: Transition, user: User, scene: Scene) -> Route:
    """Return what becomes of `item` for one user."""
    past = scene.pasts.get(user.name, NO_PAST)
    verdict = _unwanted(item, user, scene, past)
    if verdict is not None:
        return Route(user=user.name, verdict=verdict)
    if item.test:  # it tries the way to the user: whatever would hold a real one, it goes
        return Route(user=user.name, verdict=Verdict.SENT)
    quiet_until = user.quiet_until(scene.now)
    free_at = room_at(user, past, scene.now)
    until = max(quiet_until or 0, free_at or 0) or None
    if ends(item) and thread_of(item, user.name) in past.held - past.told:
        return Route(user=user.name, verdict=Verdict.WITH_ITS_FIRE, until=until)
    if item.severity in user.wakes or until is None:
        return Route(user=user.name, verdict=Verdict.SENT)
    held = Verdict.CAPPED if quiet_until is None else Verdict.QUIET_HOURS
    return Route(user=user.name, verdict=held, until=until)


def room_at(user: User, past: Past, now: Millis) -> Millis | None:
    """Return when the cap has room again, ms UTC; None: it has."""
    cap = user.cap_per_hour
    recent = sorted(at for at in past.sent_at if now - at < HOUR)
    if cap is None or len(recent) < cap:
        return None
    return recent[-cap] + HOUR


def is_addressed(item: Transition, user: User) -> bool:
    """Tell whether it is meant for this user by name: an escalation, a rule of his own."""
    if item.inbox:
        return item.inbox == user.name or item.inbox in user.teams
    return owner_of(item.rule) == user.name


def _unwanted(item: Transition, user: User, scene: Scene, past: Past) -> Verdict | None:
    """Return why the user is not told at any hour; None: he is to be told."""
    if item.muted_by:
        return Verdict.MUTED
    if item.notice is None:
        return Verdict.NO_NEWS
    addressed = is_addressed(item, user)
    if not addressed:
        verdict = _unfollowed(item, user, scene)
        if verdict is not None:
            return verdict
    thread = thread_of(item, user.name)
    if ends(item):
        return None if thread in past.told | past.held else Verdict.UNTOLD
    if not addressed and LOUDNESS[item.severity] < LOUDNESS[user.severity]:
        return Verdict.SEVERITY_BELOW
    return None


def _unfollowed(item: Transition, user: User, scene: Scene) -> Verdict | None:
    if item.inbox or owner_of(item.rule):  # nobody can follow what another waits for
        return Verdict.ANOTHERS
    wishes = scene.wishes.get(user.name, {})
    fitting = frozenset(items_of(item, scene.tags))
    if any(_fits(what, fitting, scene) for what, wanted in wishes.items() if not wanted):
        return Verdict.UNFOLLOWED
    wanted = [*_followed(user, scene), *(what for what, wanted in wishes.items() if wanted)]
    if item.rule == News.CHANNEL:  # for those who mend it, and whoever asks for it by its name
        asked = f"rule:{item.rule}" in wanted or OPS in user.teams
        return None if asked else Verdict.NOT_FOLLOWED
    if any(_fits(what, fitting, scene) for what in wanted):
        return None
    return Verdict.NOT_FOLLOWED if wanted else None


def _followed(user: User, scene: Scene) -> Iterable[str]:
    """Yield what the user follows by the file, through his teams as well."""
    for follows in (user.follows, *(scene.book.team_follows.get(team) for team in user.teams)):
        if follows is not None:
            yield from follows.items()


def items_of(item: Transition, tags: frozenset[str]) -> Iterable[str]:
    """Yield all by which an alert can be followed, as `kind:word`."""
    yield f"rule:{item.rule}"
    yield from (f"tag:{tag}" for tag in tags | set(item.flags))
    subjects = {item.whom, item.key, item.target}
    for line in item.lines:  # of a message about several, whoever follows one of them is told
        yield f"rule:{line.rule}"
        subjects.add(line.key)
    yield from (f"company:{subject}" for subject in subjects if subject)


def _fits(what: str, fitting: frozenset[str], scene: Scene) -> bool:
    kind, _, word = what.partition(":")
    if kind != "watchlist":
        return what in fitting
    return any(f"company:{symbol}" in fitting for symbol in scene.lists.get(word, ()))

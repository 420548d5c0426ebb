"""What waits for one user: letters, as they lie in Redis, and the one that lists what was held. Pure.

A letter is a transition and whom it is for; it is worded when it goes out, in the user's language of
then. A digest's letter carries the alerts that were held, each as it stood last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from alerts.acks import Ack
from alerts.identity import notice_id
from alerts.model import AlertState, News, Severity, Transition
from alerts.pacing.digest import MAX_LINES, line_of
from alerts.pacing.severities import LOUDNESS
from alerts.reasons import NoticeReason, Reason
from alerts.routing import ends, letter_id, thread_of
from monitor.core.clock import Millis

FIELD = "l"
"""The field of a stream's entry in which a letter stands."""
SCHEMA = 1
VERSION = "1"
"""Goes into the ids of digests."""
NO_ACKS: Mapping[str, Ack] = MappingProxyType({})


class UserLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter to one user.

    Attributes:
        id: the same at every try and after any crash.
        user: whom it is for.
        at: when it was written, ms UTC.
        transition: what it tells.
        held: of a digest, the alerts that it lists, each as it stood last.
        more: how many further alerts a digest is too short for.
        v: the form of this record.

    """

    id: str
    user: str
    at: Millis
    transition: Transition
    held: tuple[Transition, ...] = ()
    more: int = 0
    v: int = SCHEMA

    @property
    def thread(self) -> str:
        """Return the name of the alert's episode at this user."""
        return thread_of(self.transition, self.user)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(UserLetter)


def letter_of(item: Transition, user: str, now: Millis) -> UserLetter:
    """Return the letter that tells a user of `item`."""
    return UserLetter(id=letter_id(item, user), user=user, at=now, transition=item)


def encode_letter(letter: UserLetter) -> bytes:
    """Return a letter as it lies in Redis."""
    return _encoder.encode(letter)


def decode_letter(body: bytes) -> UserLetter:
    """Return the letter that `encode_letter` wrote.

    Raises:
        ValueError: not ours, or of a form that this release does not know.

    """
    try:
        letter = _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ValueError(f"a letter cannot be read: {error}") from error
    if letter.v != SCHEMA:
        raise ValueError(f"a letter of form {letter.v}; this release knows {SCHEMA}")
    return letter


def digest_letter(
    held: Sequence[UserLetter], now: Millis, acks: Mapping[str, Ack] = NO_ACKS
) -> UserLetter:
    """Return the one letter in place of those that were held for a user, of which there is one.

    An alert has one line, that of its last letter, however often it fired meanwhile; what just happens
    has one each time. What fires still comes first, the loudest ahead, then what somebody has taken on:
    `acks` by `rule|key`. The id is made of the letters' ids, so that a second try makes the same one.
    """
    user = held[0].user
    last: dict[str, Transition] = {}
    for letter in sorted(held, key=_order):
        item = letter.transition
        happened = item.to_state is AlertState.NOTED
        last[letter.thread if happened else item.name] = _taken_on(item, acks)
    ordered = sorted(last.values(), key=_rank)
    shown = tuple(ordered[:MAX_LINES])
    ids = ",".join(sorted(letter.id for letter in held))
    notice = _notice(user, shown, len(ordered) - len(shown), notice_id(ids, user, 0), now)
    return UserLetter(
        id=letter_id(notice, user),
        user=user,
        at=now,
        transition=notice,
        held=shown,
        more=len(ordered) - len(shown),
    )


def _order(letter: UserLetter) -> tuple[int, int, int, str]:
    item = letter.transition
    return (item.at, item.since, item.number, letter.id)


def _taken_on(item: Transition, acks: Mapping[str, Ack]) -> Transition:
    """Return where an alert that fires stands by now: somebody may have taken it on."""
    ack = acks.get(item.name)
    return item if ack is None or ends(item) else replace(item, ack=ack)


def _rank(item: Transition) -> tuple[bool, bool, int, int]:
    over = item.to_state is AlertState.RESOLVED
    return (over, item.ack is not None, -LOUDNESS[item.severity], item.at)


def _notice(user: str, held: Sequence[Transition], more: int, name: str, now: Millis) -> Transition:
    """Return the digest as an alert's event, for programs that read the inbox."""
    severity = max((it.severity for it in held), key=LOUDNESS.__getitem__, default=Severity.INFO)
    subjects = ", ".join(f"{it.rule} {it.key}" for it in held[:8])
    return Transition(
        id=name,
        rule=News.DIGEST.value,
        rule_version=VERSION,
        labels={"user": user},
        key=user,
        severity=severity,
        target=News.DIGEST.value,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.TOGETHER,
        value=None,
        bound=None,
        at=now,
        since=min((it.at for it in held), default=now),
        number=1,
        summary=f"{len(held) + more} alerts held: {subjects}.",
        notice=NoticeReason.DIGEST,
        members=tuple(it.name for it in held),
        lines=tuple(map(line_of, held)),
        more=more,
        inbox=user,
        echo=True,
    )


def failed_notice(kind: str, reason: str, now: Millis) -> Transition:
    """Return the news that a kind of channel does not work for somebody, for those who mend it.

    Whose it is stands in the receipts and the log: this goes to everybody.
    """
    labels = {"channel": kind}
    return Transition(
        id=notice_id(kind, reason, now),
        rule=News.CHANNEL.value,
        rule_version=VERSION,
        labels=labels,
        key=kind,
        severity=Severity.WARNING,
        target=News.CHANNEL.value,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.HAPPENED,
        value=None,
        bound=None,
        at=now,
        since=now,
        number=1,
        summary=f"A channel {kind} does not take messages: {reason}.",
        notice=NoticeReason.NEW,
    )

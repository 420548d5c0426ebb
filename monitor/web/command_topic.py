"""People's commands over MQTT: what one message on `…/cmd/<verb>` comes to, and where it is answered.

Answers go to `…/user/<user>/reply`, or to one level below where the sender names it: as response
topic of MQTT 5, or as `reply_to` in the payload. No other topic is ever written to for a sender.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alerts.topics import Kind, Topics, filter_of, unescape_level
from monitor.core.signature import USER
from monitor.store.commands import ANSWER_S
from monitor.web.admission import RefusedRequest, Stamp
from monitor.web.command_door import CommandDoor
from monitor.web.command_outcomes import Answered, LetIn, Turned
from monitor.web.delivery import Delivered, Reply
from monitor.web.letters import MAX_CORRELATION, MAX_SEALED, Letter, opened, too_large
from monitor.web.reply_sizes import Answer, in_parts
from monitor.web.users import NAME

ROAD = "mqtt"
MAX_WAITING = 64
"""So many commands wait for their answers; one more is told to ask again."""
_PLACE = re.compile(r"[A-Za-z0-9._~-]{1,64}")


@dataclass(slots=True)
class CommandTopic:
    """What is done with each message, in the order in which they come.

    Attributes:
        door: decides.
        topics: of this instance.

    """

    door: CommandDoor
    topics: Topics
    _waiting: int = 0

    @property
    def levels(self) -> str:
        """Return the filter: one level for the verb."""
        return filter_of(Kind.COMMAND)

    @property
    def max_payload(self) -> int:
        """Return how many bytes of a payload are looked at."""
        return MAX_SEALED

    def overrun(self) -> None:
        """Count a message that came while too many were waiting."""
        self.door.ended("throttled")

    async def take(self, message: Delivered) -> Reply:
        """Let one command in, or say why not; nothing but a bug of ours leaves here."""
        try:
            letter = _opened(message)
        except RefusedRequest as refusal:
            user = message.properties.get(USER.lower(), "")
            turned = await self.door.turn(refusal, ROAD, user)
            return self._refused(turned, message, Letter(user, Stamp("", ""), b""))
        objection: RefusedRequest | None = None
        try:
            to = self._way_back(message, letter)
        except RefusedRequest as refusal:
            objection, to = refusal, ""
        found = await self.door.take(letter, ROAD, unescape_level(message.name), objection)
        if isinstance(found, Turned):
            return self._refused(found, message, letter)
        if isinstance(found, Answered):
            told, *more = _told(found.answer, letter)
            correlation = message.correlation
            return Reply("answered", told, to=to, correlation=correlation, more=more)
        return self._later(found, to, message.correlation, letter)

    def _later(self, let_in: LetIn, to: str, correlation: bytes, letter: Letter) -> Reply:
        """Return that the answer comes when the command is done."""
        if self._waiting >= MAX_WAITING:
            told, *_ = _told(self.door.unanswered(let_in), letter)
            return Reply("unanswered", told, to=to, correlation=correlation)

        async def answer() -> Reply:
            self._waiting += 1
            try:
                found = await self.door.answer(let_in, ANSWER_S)
            finally:
                self._waiting -= 1
            told, *more = _told(found, letter)
            return Reply("answered", told, to=to, correlation=correlation, more=more)

        return Reply("taken", {}, answered=False, later=answer)

    def _refused(self, turned: Turned, message: Delivered, letter: Letter) -> Reply:
        """Return a refusal; a user hears of it at any rate, a stranger where he listens in a room."""
        outcome, (told, *_) = turned.refusal.outcome, _told(turned.answer, letter)
        to, correlation = "", message.correlation[:MAX_CORRELATION]
        try:
            if turned.known or message.reply_to or letter.reply_to:
                to = self._way_back(message, letter)
        except RefusedRequest:
            to = self._room(letter.user, "") if turned.known else ""
        heard = turned.known or turned.noted
        answered = bool(to) and heard and not message.retained
        return Reply(outcome, told, answered=answered, to=to, correlation=correlation)

    def _way_back(self, message: Delivered, letter: Letter) -> str:
        """Return the topic of the answer, or object to what was said of it."""
        if max(len(message.correlation), len(letter.correlation)) > MAX_CORRELATION:
            text = f"correlation: at most {MAX_CORRELATION} bytes"
            raise RefusedRequest(400, "malformed", text)
        return self._room(letter.user, message.reply_to or letter.reply_to)

    def _room(self, user: str, wanted: str) -> str:
        """Return `wanted` if it is in the room of answers to `user`; the room where none is."""
        room = self.topics.user_reply(user).name if NAME.fullmatch(user) else ""
        if not wanted or wanted == room:
            return room
        below, _, place = wanted.rpartition("/")
        if not room or below != room or not _PLACE.fullmatch(place):
            text = (
                f"the answer goes to {room or 'the room of a user'} or one level below: "
                "letters, digits and - _ . ~, at most 64"
            )
            raise RefusedRequest(400, "bad_reply_topic", text)
        return wanted


def _told(answer: dict[str, object], letter: Letter) -> list[Answer]:
    """Return an answer in parts that fit, with what its sender knows it again by."""
    if not letter.correlation:
        return in_parts(answer)
    return in_parts({**answer, "correlation": letter.correlation[:MAX_CORRELATION]})


def _opened(message: Delivered) -> Letter:
    if message.retained:
        text = "a retained command comes again at each connection; publish without the retain flag"
        raise RefusedRequest(400, "retained", text)
    if message.payload is None:
        raise too_large()
    return opened(message.payload, message.properties)

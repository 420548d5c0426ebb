"""The door of people's commands, however they come: who is it, may he, and what does he mean? Hop 2.

Nobody is believed without a signature under his own key; whose key it is, that is who commands.
What is let in goes the way of all commands, among the ticks (`monitor.store.commands`), and its
answer is read where the commit wrote it. What is not let in is counted, logged and kept in the trail.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import structlog

from alerts.channels.buttons import BadTokenError, claimed, id_of, proved, wish_of
from monitor.core.clock import Clock, iso
from monitor.core.errors import StoreUnavailable
from monitor.core.signature import age_fault, form_fault, is_signed
from monitor.feeds.rate import TokenBucket
from monitor.store.commands import (
    MAX_BYTES,
    CommandDesk,
    Forbidden,
    IdTakenError,
    encode_command,
)
from monitor.web.admission import RETRY_S, RefusedRequest, Stamp
from monitor.web.answering import Answerer
from monitor.web.command_outcomes import Answered, LetIn, Turned, told
from monitor.web.inbound import MalformedBodyError
from monitor.web.letters import Letter, too_large
from monitor.web.users import NAME, Users
from monitor.web.wishes import Asked, Wondered, read_command

BUTTON = "button"
"""The road of what a button of a message means."""
PER_MINUTE = 60.0
"""Commands of one user in a minute, a quarter of them at once; and so many strangers are noted."""
_NOBODY = "not signed by a user that is known here"

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class CommandDoor:
    """The door.

    Attributes:
        users: whose keys count.
        desk: puts commands among the ticks.
        answerer: looks up what is only asked.
        clock: now.
        ended: counts one command by its outcome.

    """

    users: Users
    desk: CommandDesk
    answerer: Answerer
    clock: Clock
    ended: Callable[[str], None]
    _rates: dict[str, TokenBucket] = field(init=False, default_factory=dict)
    _strangers: TokenBucket = field(init=False, default_factory=lambda: TokenBucket(PER_MINUTE))

    async def take(
        self,
        letter: Letter,
        road: str,
        verb: str | None = None,
        objection: RefusedRequest | None = None,
    ) -> LetIn | Turned | Answered:
        """Let a command in, answer a question, or say why not; nothing but a bug of ours leaves here.

        `verb` is that of its topic, if it has one; `objection` is what its road has against it,
        which only a known user is told.
        """
        try:
            self._identify(letter)
        except RefusedRequest as refusal:
            return await self.turn(refusal, road, letter.user)
        return await self._let_in(letter, road, verb, objection)

    async def press(self, token: str) -> LetIn | Turned | Answered:
        """Let in what a button of a message means, or say why not, as `take` does."""
        try:
            letter = self._pressed(token)
        except BadTokenError as error:
            status = 400 if error.fault == "malformed" else 403
            refusal = RefusedRequest(status, error.fault, str(error))
            return await self.turn(refusal, BUTTON)
        return await self._let_in(letter, BUTTON)

    async def _let_in(
        self,
        letter: Letter,
        road: str,
        verb: str | None = None,
        objection: RefusedRequest | None = None,
    ) -> LetIn | Turned | Answered:
        """Let in what a known user wishes, or say why not."""
        asked: Asked | None = None
        try:
            self._admit(letter.user)
            if objection is not None:
                raise objection
            found = self._read(letter, verb)
            if isinstance(found, Wondered):
                return await self._answer(found, letter.user, road)
            asked = found
            return await self._enter(asked, road)
        except RefusedRequest as refusal:
            return await self.turn(refusal, road, letter.user, known=True, asked=asked)

    async def turn(
        self,
        refusal: RefusedRequest,
        road: str,
        user: str = "",
        *,
        known: bool = False,
        asked: Asked | None = None,
    ) -> Turned:
        """Count a refusal, log it and keep it in the trail."""
        self.ended(refusal.outcome)
        now, name = self.clock.now(), "" if asked is None else asked.name
        if refusal.outcome == "throttled" or not (known or self._strangers.admit(now) == 0):
            return Turned(refusal, known, noted=False, at=now, name=name)
        named = user if NAME.fullmatch(user) else ""
        log.warning(
            "command.refused",
            road=road,
            user=named,
            known=known,
            outcome=refusal.outcome,
            why=refusal.message,
        )
        note = Forbidden(
            at=now,
            road=road,
            user=named,
            known=known,
            outcome=refusal.outcome,
            text=refusal.message,
            verb="" if asked is None else asked.verb,
            id=name,
        )
        with contextlib.suppress(StoreUnavailable):  # it is in the log and in the count
            await self.desk.forbid(note)
        return Turned(refusal, known, noted=True, at=now, name=name)

    async def answer(self, let_in: LetIn, within_s: float) -> dict[str, object]:
        """Return what became of a command by now, for its sender."""
        try:
            reply = await self.desk.reply(let_in.entered, within_s=within_s)
        except StoreUnavailable:
            return self.unanswered(let_in)
        done = "done" if reply.accepted else "refused"
        self.ended("repeated" if let_in.is_repeated else done)
        return let_in.answer(reply)

    def unanswered(self, let_in: LetIn) -> dict[str, object]:
        """Return that nothing became of a command yet, for its sender."""
        self.ended("unanswered")
        return let_in.unanswered(self.clock.now())

    def _identify(self, letter: Letter) -> None:
        """Refuse whoever has not proved to be a user of ours just now."""
        stamp, now = letter.stamp, self.clock.now()
        if fault := form_fault(stamp.timestamp, stamp.signature):
            raise RefusedRequest(403, "bad_signature", fault)
        if fault := age_fault(stamp.timestamp, now):
            raise RefusedRequest(403, "old_timestamp", fault)
        key = self.users.key_of(letter.user)
        # a stranger costs the same work as a user, so that nobody can ask for names
        signed = is_signed(key or _NOBODY, stamp.timestamp, stamp.signature, letter.body)
        if key is None:
            raise RefusedRequest(403, "unknown_user", _NOBODY)
        if not signed:
            raise RefusedRequest(403, "bad_signature", _NOBODY)

    def _pressed(self, token: str) -> Letter:
        """Return the command behind a button, as if its user had signed it.

        Raises:
            BadTokenError: nobody may act on it.

        """
        key = self.users.key_of(claimed(token).user)
        # a stranger costs the same work as a user, so that nobody can ask for names
        press = proved(token, key or _NOBODY, self.clock.now())
        if key is None:
            raise BadTokenError("bad_signature", _NOBODY)
        body = {"id": id_of(token), "verb": "alert.ack", "wish": wish_of(press)}
        return Letter(press.user, Stamp("", ""), msgspec.json.encode(body))

    def _admit(self, user: str) -> None:
        wait_s = self._rates.setdefault(user, TokenBucket(PER_MINUTE)).admit(self.clock.now())
        if wait_s:
            message = f"{user} commands too often; wait {wait_s:.1f} s"
            raise RefusedRequest(429, "throttled", message, retry_s=wait_s)

    def _read(self, letter: Letter, verb: str | None) -> Asked | Wondered:
        try:
            asked = read_command(letter.body, letter.user, self.clock.now())
        except MalformedBodyError as error:
            raise RefusedRequest(400, "malformed", str(error)) from error
        if asked.by and asked.by != letter.user:
            message = f"by: the key is that of {letter.user}; leave it out"
            raise RefusedRequest(403, "other_name", message)
        if verb is not None and verb != asked.verb:
            message = f"verb: {asked.verb} on the topic of another; its own ends in /{asked.verb}"
            raise RefusedRequest(400, "malformed", message)
        if isinstance(asked, Asked) and len(encode_command(asked.command)) > MAX_BYTES:
            raise too_large()
        return asked

    async def _answer(self, asked: Wondered, user: str, road: str) -> Answered:
        """Answer a question: it goes nowhere, so asking again is asking anew."""
        try:
            found = await self.answerer.answer(asked.question, user)
        except StoreUnavailable as error:
            message = "the store does not answer; ask again, signed anew"
            raise RefusedRequest(503, "store_unavailable", message, retry_s=RETRY_S) from error
        self.ended("done" if found.get("accepted", True) else "refused")
        log.info("command.answered", road=road, user=user, verb=asked.verb, id=asked.name)
        named = {"id": asked.name, "at": iso(self.clock.now()), "by": user, "verb": asked.verb}
        return Answered(told(**{"accepted": True} | found | named))

    async def _enter(self, asked: Asked, road: str) -> LetIn:
        command = asked.command
        try:
            entered = await self.desk.enter(command, said=asked.said)
        except IdTakenError as error:
            raise RefusedRequest(403, "id_taken", f"id: {error}") from error
        except StoreUnavailable as error:
            # only that: the error names the address of the store
            message = "nothing was done: the store does not answer; send it again, signed anew"
            raise RefusedRequest(503, "store_unavailable", message, retry_s=RETRY_S) from error
        log.info("command.taken", road=road, user=command.by, verb=asked.verb, id=asked.name)
        return LetIn(entered, asked.name)

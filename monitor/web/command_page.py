"""`POST /api/v1/command`: people's commands over HTTP, signed. Hop 2.

The three facts of the signature are headers, or in the body as over MQTT 3.1.1 (`letters`). The rest
is decided at the door (`command_door`), which is the same over MQTT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
from aiohttp import web

from monitor.web.admission import RefusedRequest
from monitor.web.command_door import CommandDoor
from monitor.web.command_outcomes import Answered, LetIn, Turned
from monitor.web.ingest import bounded_body
from monitor.web.letters import MAX_SEALED, opened

PATH = "/api/v1/command"
ROAD = "http"
WAIT_S = 6.0
"""So long the asker waits for the end of it; who asks again under the same id hears it later."""


@dataclass(frozen=True, slots=True)
class CommandPage:
    """The handler and the door that it leads to."""

    door: CommandDoor

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self.post)

    async def post(self, request: web.Request) -> web.Response:
        """Answer one request: 200 what was done, 422 why not, 202 not yet, or why it was not taken."""
        beside = {name.lower(): text for name, text in request.headers.items()}
        try:
            letter = opened(await bounded_body(request, MAX_SEALED), beside)
        except RefusedRequest as refusal:
            return await answered(self.door, await self.door.turn(refusal, ROAD))
        return await answered(self.door, await self.door.take(letter, ROAD))


async def answered(door: CommandDoor, found: LetIn | Turned | Answered) -> web.Response:
    """Return what is told of a command that was let in or turned away."""
    if isinstance(found, Turned):
        return _turned(found)
    if isinstance(found, Answered):
        return _said(found.answer, 200 if found.answer["accepted"] else 422)
    answer = await door.answer(found, WAIT_S)
    if answer["error"]:
        return _said(answer, 202)
    return _said(answer, 200 if answer["accepted"] else 422)


def _turned(turned: Turned) -> web.Response:
    wait_s = turned.refusal.retry_s
    wait = {"Retry-After": str(math.ceil(wait_s))} if wait_s else {}
    return _said(turned.answer, turned.refusal.status, wait)


def _said(
    answer: dict[str, object], status: int, headers: dict[str, str] | None = None
) -> web.Response:
    body = msgspec.json.encode(answer)
    return web.json_response(body=body, status=status, headers=headers)

"""`POST /ingest/<name>`: signals of one's own as a feed, signed. Hop 2 for who sends by himself.

Nothing is read of whoever does not bring the headers; the rest is decided at the door
(`admission`), which is the same over MQTT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from aiohttp import web

from monitor.core.signature import SIGNATURE, TIMESTAMP
from monitor.store.codec import MAX_BYTES
from monitor.web.admission import Admission, RefusedRequest, Stamp


@dataclass(frozen=True, slots=True)
class Ingest:
    """The handler and the door that it leads to."""

    admission: Admission

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post("/ingest/{name}", self.post)

    async def post(self, request: web.Request) -> web.Response:
        """Answer one request: 200 with what became of it, or why it was not taken."""
        try:
            answer = await self._take(request)
        except RefusedRequest as refused:
            self.admission.receiver.ended(refused.outcome)
            wait = {"Retry-After": str(math.ceil(refused.retry_s))} if refused.retry_s else {}
            return web.json_response(
                {"error": refused.outcome, "message": refused.message},
                status=refused.status,
                headers=wait,
            )
        self.admission.receiver.ended("accepted")
        return web.json_response(answer)

    async def _take(self, request: web.Request) -> dict[str, object]:
        name = request.match_info["name"]
        headers = request.headers
        stamp = Stamp(headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, ""))
        self.admission.check_stamp(name, stamp)
        self.admission.check_name(name)
        return await self.admission.take(name, stamp, await bounded_body(request, MAX_BYTES))


async def bounded_body(request: web.Request, limit: int) -> bytes:
    """Return the body, never more than `limit` bytes of it held.

    Raises:
        RefusedRequest: it is larger, or compressed.

    """
    if "Content-Encoding" in request.headers:
        message = "send the body as it is, without a Content-Encoding"
        raise RefusedRequest(415, "malformed", message)
    too_large = RefusedRequest(413, "too_large", f"more than {limit} bytes; send less at once")
    if (request.content_length or 0) > limit:
        raise too_large
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > limit:
            raise too_large
    return bytes(body)

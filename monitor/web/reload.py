"""`POST /-/reload`: the books read anew, for whoever may change them.

Where a secret is set, the request is signed with it as those to `/ingest` are: the time and the
body. Without one only this machine may ask, and only while the pages are on the loopback; a browser
may not, for any page in it could. The body is empty or `{"dry_run": true}`. To be asked twice does
no harm, so a signature counts as long as its time does.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from monitor.core.clock import Clock
from monitor.core.signature import SIGNATURE, TIMESTAMP, header_fault, is_signed
from monitor.domain.commands import Reloaded

PATH = "/-/reload"
WAIT_S = 6.0
"""So long the asker waits for the end of it; a larger book is read on, and the log has the end."""
MAX_BYTES = 1_024


class _Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadPage:
    """The handler.

    Attributes:
        reload: reads the books anew, or says what that would change.
        secret: what the askers sign with; None: only this machine may ask.
        host: the address that the pages are on.
        clock: now.

    """

    reload: Callable[[bool], Awaitable[Reloaded]]
    secret: str | None
    host: str
    clock: Clock

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self.post)

    async def post(self, request: web.Request) -> web.Response:
        """Answer one request: 200 with the plan, 422 with what is wrong in the books."""
        if self.secret is not None:  # nothing is read of whoever does not bring the headers
            stamp, signature = _stamp(request)
            if fault := header_fault(stamp, signature, self.clock.now()):
                return _said(401, "unauthorized", fault)
        elif fault := self._stranger(request):
            return _said(403, "forbidden", fault)
        body = await request.content.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            return _said(413, "too_large", f"more than {MAX_BYTES} bytes")
        if self.secret is not None and not is_signed(self.secret, *_stamp(request), body):
            return _said(401, "unauthorized", f"{SIGNATURE} is not that of this time and body")
        try:
            wish = msgspec.json.decode(body, type=_Wish) if body.strip() else _Wish()
        except msgspec.DecodeError as error:
            return _said(400, "malformed", f'{error}; send nothing, or {{"dry_run": true}}')
        return await self._answer(dry_run=wish.dry_run)

    async def _answer(self, *, dry_run: bool) -> web.Response:
        reading = asyncio.ensure_future(self.reload(dry_run))
        await asyncio.wait({reading}, timeout=WAIT_S)
        if not reading.done():
            return _said(202, "reading", "the books are being read; the log says what became of it")
        found = reading.result()
        if not found.accepted:
            return _said(422, "refused", found.text)
        body = {"text": found.text, "dry_run": dry_run, "plan": found.plan}
        return web.json_response(body=msgspec.json.encode(body))

    def _stranger(self, request: web.Request) -> str:
        """Return why whoever does not sign may not ask; empty: it is this machine."""
        hint = "set HASHHEDGE_INGEST_SECRET_FILE and sign the request, as for /ingest"
        if not (_is_loopback(self.host) and _is_loopback(request.remote or "")):
            return f"only this machine may ask without a signature; {hint}"
        if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
            return f"a browser may not ask; {hint}"
        return ""


def _stamp(request: web.Request) -> tuple[str, str]:
    return request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(status: int, error: str, message: str) -> web.Response:
    return web.json_response({"error": error, "message": message}, status=status)

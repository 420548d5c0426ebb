"""The providers over HTTP, one path prefix each, and the controls to make them misbehave.

`PUT /control/price/CRWV` with `61.20` or `-15%`, `PUT /control/scenario/kraken` with `429`,
`PUT /control/stream/kraken` with `quiet`, `GET /control` to see all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from email.utils import formatdate

from aiohttp import web

from monitor.core.clock import SECOND, Clock, SystemClock
from tests.simulator.catalogue import PROVIDERS, SAME, STREAMS, VALUES
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.scenarios import TIME_MOVES, Reply, Scenario, reply
from tests.simulator.shapes import UnknownSymbolError
from tests.simulator.streaming import Mood, Streams

ALL = "all"
MAX_VALUE = Decimal("1e18")


@dataclass(slots=True)
class Simulator:
    """All providers and their moods.

    Attributes:
        clock: the time that answers carry and values move by.
        seed: of the values' walk.
        slow_s: how long the `slow` scenario takes.
        scenarios: the mood of each provider; `normal` where it is not named.
        requests: how many each provider has answered.
        streams: what each provider sends by itself, and its moods.

    """

    clock: Clock = field(default_factory=SystemClock)
    seed: int = 7
    slow_s: float = 60.0
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    market: Market = field(init=False)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        self.market = Market(self.clock, self.seed, VALUES, SAME)
        self.streams = Streams(STREAMS, self.market, self.slow_s)

    def app(self) -> web.Application:
        """Return the server's application."""
        app = web.Application()
        app.router.add_get("/control", self._state)
        app.router.add_put("/control/price/{instrument}", self._put_price)
        app.router.add_put("/control/scenario/{provider}", self._put_scenario)
        app.router.add_put("/control/stream/{provider}", self._put_mood)
        app.router.add_get("/ws/{provider}", self.streams.serve)
        app.router.add_get("/{provider}", self._answer)
        app.router.add_get("/{provider}/{path:.*}", self._answer)
        app.router.add_post("/{provider}/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        provider, path = request.match_info["provider"], request.match_info.get("path", "")
        known = PROVIDERS.get(provider)
        shape = known.shape_of(path) if known else None
        if known is None or shape is None:
            raise web.HTTPNotFound(text="no such endpoint")
        self.requests[provider] = self.requests.get(provider, 0) + 1
        if not _has_key(known, request):
            return web.json_response(known.refusal, status=known.refusal_status)
        scenario = self.scenarios.get(provider, Scenario.NORMAL)
        if scenario is Scenario.SLOW:
            await asyncio.sleep(self.slow_s)
        try:
            asked = await _asked(request)
            document = shape.render(self.market, path.removeprefix(shape.matches), asked)
        except UnknownSymbolError as unknown:
            return web.json_response(unknown.body, status=unknown.status)
        answer = reply(scenario, shape, document)
        moved = TIME_MOVES.get(scenario, 0) if known.dated else 0
        at_s = (self.clock.now() + moved) / SECOND
        answer = replace(answer, headers={**answer.headers, "Date": formatdate(at_s, usegmt=True)})
        return await _send(request, answer)

    async def _state(self, _: web.Request) -> web.Response:
        state = {
            "scenarios": {name: self.scenarios.get(name, Scenario.NORMAL) for name in PROVIDERS},
            "values": {name: str(self.market.value(name)) for name in VALUES},
            "requests": self.requests,
            "streams": {name: self.streams.moods.get(name, Mood.NORMAL) for name in STREAMS},
        }
        return web.json_response(state, dumps=lambda value: json.dumps(value, indent=2) + "\n")

    async def _put_price(self, request: web.Request) -> web.Response:
        instrument, text = request.match_info["instrument"], (await request.text()).strip()
        if instrument not in VALUES:
            raise web.HTTPNotFound(
                text=f"no instrument {instrument}; there are {', '.join(VALUES)}\n"
            )
        now = self.market.value(instrument)
        try:
            moved = text.endswith("%")
            value = now * (100 + Decimal(text[:-1])) / 100 if moved else Decimal(text)
            usable = 0 < value < MAX_VALUE
        except InvalidOperation:
            value, usable = now, False
        if not usable:
            raise web.HTTPBadRequest(text="send a number above 0, or a change such as -15%\n")
        self.market.put(instrument, value)
        return web.Response(text=f"{instrument} {now} -> {self.market.value(instrument)}\n")

    async def _put_scenario(self, request: web.Request) -> web.Response:
        provider, text = request.match_info["provider"], (await request.text()).strip()
        try:
            self.set_scenario(provider, text)
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from None
        return web.Response(text=f"{provider} {text}\n")

    async def _put_mood(self, request: web.Request) -> web.Response:
        provider, text = request.match_info["provider"], (await request.text()).strip()
        try:
            self.streams.set_mood(provider, text)
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from None
        return web.Response(text=f"{provider} {text}\n")

    def set_scenario(self, provider: str, text: str) -> None:
        """Put one provider, or `all`, into a scenario.

        Raises:
            ValueError: no such provider or scenario; the message lists them.

        """
        if provider not in {ALL, *PROVIDERS}:
            raise ValueError(f"no provider {provider}; there are {ALL}, {', '.join(PROVIDERS)}")
        if text not in set(Scenario):
            raise ValueError(f"no scenario {text}; there are {', '.join(Scenario)}")
        for name in PROVIDERS if provider == ALL else (provider,):
            self.scenarios[name] = Scenario(text)


def _has_key(provider: Provider, request: web.Request) -> bool:
    header, param = provider.key_header, provider.key_param
    return (
        provider.admits(request.headers)
        and (not header or bool(request.headers.get(header)))
        and (not param or bool(request.query.get(param)))
    )


async def _asked(request: web.Request) -> Mapping[str, str]:
    """Return what was asked for: the query, and of a POST the members of its JSON body as text."""
    if request.method != "POST":
        return request.query
    body = json.loads(await request.text())
    members = body.items() if isinstance(body, dict) else ()
    return {
        **request.query,
        **{name: item if isinstance(item, str) else json.dumps(item) for name, item in members},
    }


async def _send(request: web.Request, answer: Reply) -> web.StreamResponse:
    if answer.repeat:
        return await _send_long(request, answer)
    if not answer.drop:
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response


async def _send_long(request: web.Request, answer: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # whoever asked has seen enough
        for _ in range(answer.repeat):
            await response.write(answer.body)
        await response.write_eof()
    return response

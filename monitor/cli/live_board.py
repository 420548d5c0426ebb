"""The board of `hashhedge run` in a terminal: the market, all companies, feeds in trouble, alerts.

What it shows comes from the step in this process and from Redis; it is beside the road, and a
Redis that is away only leaves the last picture standing.
"""

from __future__ import annotations

import asyncio

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from alerts.codec import decode_transition
from monitor.app.service import Service
from monitor.cli.output import console
from monitor.cli.reason_words import said
from monitor.cli.screen import ALERTS_SHOWN, board, headline, room_for, transition_line, whole
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.domain.freshness import State
from monitor.store.feeds import FeedStore
from monitor.store.transitions import newest_transitions

DRAW_EVERY_S = 0.5
LOOK_EVERY = 4


class LiveBoard:
    """Draws one service until cancelled."""

    def __init__(self, service: Service, *, title: str) -> None:
        self._service = service
        self._title = title
        self._units = {metric.name: metric.unit for metric in service.world.catalogue}
        self._alerts: list[Text] = []
        self._trouble = ""

    async def run(self) -> None:
        """Redraw in place twice a second."""
        turn = 0
        with Live(console=console, auto_refresh=False) as live:
            while True:
                if turn % LOOK_EVERY == 0:
                    await self._look()
                live.update(self._picture(), refresh=True)
                turn += 1
                await asyncio.sleep(DRAW_EVERY_S)

    async def _look(self) -> None:
        """Fetch what is not in this process: the last alerts, the feeds' health."""
        client, keys = self._service.client, self._service.job.keys
        try:
            newest = await newest_transitions(client, keys, ALERTS_SHOWN)
            health = await FeedStore(client, keys).read()
        except (ConfigError, StoreUnavailable) as error:
            self._trouble = str(error)
            return
        self._alerts = [transition_line(decode_transition(body)) for body in newest]
        troubled = [
            f"{feed} {record['state']}"
            + (f" ({said(record['failures'][-1]['reason'])})" if record["failures"] else "")
            for feed, record in health.items()
            if record["failures"] or record["state"] not in {State.FRESH, State.DELAYED}
        ]
        self._trouble = f"feeds in trouble: {', '.join(troubled)}" if troubled else ""

    def _picture(self) -> RenderableType:
        step = self._service.worker.step
        if step is None or step.now is None:
            return Text("waiting for the first tick, or for the lease of another process")
        lines = [headline(step), *([self._trouble] if self._trouble else [])]
        room = room_for(console.height)
        table = board(step, self._units, title=self._title, room=room)
        return whole(lines, table, self._alerts, caption="the last alerts, newest first:")

"""The past of one provider, asked of its history endpoint as the books want the feed to be asked."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.app.world import load_world
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.feeds.http import HttpClient
from monitor.feeds.past import Asked, ask_past
from monitor.settings import Settings


async def past_of(settings: Settings, name: str, environ: Mapping[str, str]) -> Asked:
    """Ask the feed `name` for the past of all that it quotes here.

    Raises:
        ConfigError: no such feed, one without a history endpoint, no key for it, or a book that
            cannot be used.

    """
    clock = SystemClock()
    feeds = {feed.spec.name: feed for feed in load_world(settings, clock.now()).feeds}
    able = [name for name, feed in feeds.items() if feed.past is not None]
    if name not in feeds:
        raise ConfigError(f"no feed `{name}`", where="--provider", hint=nearest(name, able))
    if feeds[name].past is None:
        hint = f"those that have one: {', '.join(able)}; or give a file of history"
        raise ConfigError(f"{name} has no history endpoint here", where="--provider", hint=hint)
    async with HttpClient(clock, environ) as client:
        return await ask_past(feeds[name], client)

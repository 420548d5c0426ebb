"""Which channels there are: those files of this package that bind `CHANNEL`. Hop 9."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from alerts.channels.base import Channel, ChannelContext, ChannelSpec
from monitor.core.discovery import declared
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest


def find_channels() -> Mapping[str, ChannelSpec]:
    """Return all kinds of channels by their word in a configuration."""
    return {spec.kind: spec for _, spec in declared("alerts.channels", "CHANNEL", ChannelSpec)}


def open_channel(
    context: ChannelContext, kind: str, settings: Mapping[str, object]
) -> AbstractAsyncContextManager[Channel]:
    """Return the channel of `kind` with these settings, to be entered.

    Raises:
        ConfigError: there is no such kind, or its settings cannot be used; entering may raise it too.

    """
    known = find_channels()
    spec = known.get(kind)
    if spec is None:
        raise ConfigError(f"no kind of channel `{kind}`", where="kind", hint=nearest(kind, known))
    return spec.open(context, settings)

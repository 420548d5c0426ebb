"""What a broker holds below some topics already: one look, over a connection of its own.

A broker that ends the connection at a subscription it does not allow, as some do, ends no alert's way
with it. No broker says that this was all of it, so a look ends when nothing has come for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from alerts.sinks.mqtt.connect import MqttSettings
from alerts.sinks.mqtt.listen import listening
from alerts.sinks.mqtt.packets import Heard

QUIET_S = 2.0
LONGEST_S = 30.0
MOST = 20_000
"""Topics of one look; who has more looks again after dealing with these."""


async def retained(
    settings: MqttSettings, filters: Sequence[str], wanted: Callable[[Heard], bool]
) -> list[str]:
    """Return the topics below `filters` that hold a retained message which is `wanted`.

    QoS 0, for of QoS 1 a broker queues what is not acknowledged yet, and drops what is too much.

    Raises:
        DeliveryError: the broker cannot be reached, or does not let us hear one of the filters.
        ConfigError: a TLS file or the password file cannot be used.

    """
    found: list[str] = []
    now = asyncio.get_running_loop().time
    async with listening(settings, *filters, qos=0) as messages:
        end = now() + LONGEST_S
        try:
            async with asyncio.timeout(QUIET_S) as limit:
                async for message in messages:
                    if not message.retained:
                        continue
                    limit.reschedule(min(now() + QUIET_S, end))
                    if message.payload and wanted(message):
                        found.append(message.topic)
                    if len(found) >= MOST:
                        break
        except TimeoutError:
            pass
    return found

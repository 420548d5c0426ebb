"""Print each alert once: `python subscriber.py 127.0.0.1 1883`. Needs aiomqtt."""

import asyncio
import json
import sys
from collections import deque

import aiomqtt

TOPIC = "hashhedge/v1/main/alert/+/+/event"


async def main(host: str, port: int) -> None:
    """Listen until interrupted; a repeat of what was heard already is dropped by its id."""
    heard: deque[str] = deque(maxlen=10_000)
    # a fixed name and a kept session: what is sent while we are away waits for us at the broker
    async with aiomqtt.Client(host, port, identifier="my-phone", clean_session=False) as client:
        await client.subscribe(TOPIC, qos=1)
        async for message in client.messages:
            alert = json.loads(message.payload)
            if alert["id"] in heard:
                continue
            heard.append(alert["id"])
            sys.stdout.write(f"{alert['time']} {alert['severity']} {alert['summary']}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

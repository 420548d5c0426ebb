"""Run the simulator by hand: `python -m tests.simulator --port 8999 --scenario kraken=429`."""

from __future__ import annotations

import argparse
import sys

from aiohttp import web

from tests.simulator.catalogue import PROVIDERS, STREAMS
from tests.simulator.scenarios import Scenario
from tests.simulator.server import ALL, Simulator
from tests.simulator.streaming import Mood

HOST = "127.0.0.1"
STOP_S = 0.1
"""How long those who are being answered have when it is to end."""


def main() -> None:
    """Serve until interrupted; the first lines are the addresses to give to the feeds book."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8999)
    parser.add_argument("--seed", type=int, default=7, help="of the values' walk")
    parser.add_argument("--slow-s", type=float, default=60.0, help="how long `slow` takes")
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="[PROVIDER=]NAME",
        help=f"one of {', '.join(Scenario)}; may be repeated",
    )
    parser.add_argument(
        "--streams", action="store_true", help="name the streams too, as the feeds book takes them"
    )
    parser.add_argument(
        "--mood",
        action="append",
        default=[],
        metavar="PROVIDER=NAME",
        help=f"of a stream, one of {', '.join(Mood)}; may be repeated",
    )
    run(parser)


def run(parser: argparse.ArgumentParser) -> None:
    """Serve as the command line asks, until interrupted."""
    options = parser.parse_args()
    simulator = Simulator(seed=options.seed, slow_s=options.slow_s)
    for text in options.scenario:
        provider, _, name = text.rpartition("=")
        try:
            simulator.set_scenario(provider or ALL, name)
        except ValueError as error:
            parser.error(str(error))
    for text in options.mood:
        provider, _, name = text.partition("=")
        try:
            simulator.streams.set_mood(provider, name)
        except ValueError as error:
            parser.error(str(error))
    sys.stdout.write(addresses(options.port, streams=options.streams))
    sys.stdout.flush()
    web.run_app(
        simulator.app(),
        host=HOST,
        port=options.port,
        print=lambda _: None,
        # who waits for a slow answer or listens to a stream must not hold up its end
        handler_cancellation=True,
        shutdown_timeout=STOP_S,
    )


def addresses(port: int, *, streams: bool = False) -> str:
    """Return the base URLs as the feeds book takes them, and how to reach the controls."""
    root = f"http://{HOST}:{port}"
    lines = ["feeds:"]
    for name in PROVIDERS:
        lines += [f"  {name}:", f"    base_url: {root}/{name}"]
        if streams and name in STREAMS:
            lines.append(f"    stream_url: ws://{HOST}:{port}/ws/{name}")
    lines += [
        f"# curl -X PUT -d '-15%' {root}/control/price/CRWV",
        f"# curl -X PUT -d 429 {root}/control/scenario/kraken",
        f"# curl {root}/control",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

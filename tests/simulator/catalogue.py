"""All simulated providers, found by their place."""

from __future__ import annotations

from decimal import Decimal

from monitor.core.discovery import declared
from tests.simulator.market import START
from tests.simulator.provider import Provider
from tests.simulator.streaming import SimulatedStream

PROVIDERS: dict[str, Provider] = dict(declared("tests.simulator.providers", "PROVIDER", Provider))
STREAMS: dict[str, SimulatedStream] = dict(
    declared("tests.simulator.streams", "STREAM", SimulatedStream)
)
VALUES: dict[str, Decimal] = START | {
    instrument: value
    for own in (*(it.values for it in PROVIDERS.values()), *(it.values for it in STREAMS.values()))
    for instrument, value in own.items()
}
SAME: dict[str, str] = {
    instrument: other
    for provider in PROVIDERS.values()
    for instrument, other in provider.same.items()
}
ENVIRON: dict[str, str] = {
    name: key for provider in PROVIDERS.values() for name, key in provider.environ.items()
}

"""RunPod: the types of accelerators, of which null and zero are not on offer."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.errors import BadQuote
from monitor.domain.events import GPU_H100
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape


def types(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return an H100 on offer, one that is not, and another model."""
    price = float(market.value(GPU_H100))
    rows = [("NVIDIA H100 80GB HBM3", price), ("NVIDIA H100 NVL", None), ("NVIDIA RTX A4000", 0.2)]
    kinds = [
        {"id": name, "displayName": name, "lowestPrice": {"uninterruptablePrice": value}}
        for name, value in rows
    ]
    return {"data": {"gpuTypes": kinds}}


_PRICE = ("data", "gpuTypes", 0, "lowestPrice", "uninterruptablePrice")
PROVIDER = Provider(
    shapes=(Shape("graphql", types, _PRICE, rename=_PRICE),),
    outcomes={
        (scenario, "runpod"): (BadQuote, "missing_field")
        for scenario in (Scenario.ZEROS, Scenario.NULL)
    },
)

"""vast.ai: offers of one model, of which only the verified and reliable count."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.domain.events import GPU_H100
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape


def bundles(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return a verified offer of two accelerators, and two that do not count."""
    price = float(market.value(GPU_H100))
    good = {
        "gpu_name": "H100 SXM",
        "num_gpus": 2,
        "dph_total": 2 * price,
        "reliability2": 0.9945957,
        "verification": "verified",
        "hostname": None,
    }
    cheap = {**good, "dph_total": 0.8, "verification": "deverified"}
    return {"offers": [good, cheap, {**good, "dph_total": 0.9, "reliability2": 0.4}]}


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/v0/bundles/",
            bundles,
            ("offers", 0, "dph_total"),
            rename=("offers", 0, "dph_total"),
        ),
    ),
    values={GPU_H100: Decimal("2.60")},
)

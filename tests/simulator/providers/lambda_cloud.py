"""Lambda Cloud: the price list, in cents of an instance."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.domain.events import GPU_H100
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape


def types(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return one type with eight H100 and one of another model."""
    cents = int(market.value(GPU_H100) * 100)

    def kind(name: str, price: int, gpus: int) -> Document:
        specs = {"vcpus": 26, "memory_gib": 225, "storage_gib": 1_024, "gpus": gpus}
        instance = {"name": name, "price_cents_per_hour": price, "specs": specs}
        return {"instance_type": instance, "regions_with_capacity_available": []}

    return {
        "data": {
            "gpu_8x_h100_sxm5": kind("gpu_8x_h100_sxm5", 8 * cents, 8),
            "gpu_1x_a100_sxm4": kind("gpu_1x_a100_sxm4", 99, 1),
        }
    }


_PRICE = ("data", "gpu_8x_h100_sxm5", "instance_type", "price_cents_per_hour")
PROVIDER = Provider(
    shapes=(Shape("api/v1/instance-types", types, _PRICE, rename=_PRICE),),
    environ={"LAMBDA_API_KEY": "test-key-lambda-0123"},
    key_header="Authorization",
    refusal={"error": {"code": "global/invalid-api-key", "message": "API key was invalid"}},
)

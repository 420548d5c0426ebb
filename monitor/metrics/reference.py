"""The numbers that worked examples start from, so that all of them speak of the same moment.

Ref is docs/formulas.md 0: 2026-01-12 14:56 UTC, with the example fleet of section 3.
"""

from __future__ import annotations

from collections.abc import Mapping

REF = "docs/formulas.md, Ref"

FEES_BTC = 0.0162380559
"""Mean fee at Ref: 233,828,005 sat over 144 blocks."""

NETWORK: Mapping[str, float] = {
    "height": 931_995,
    "difficulty": 146_472_570_620_000,
    "fees_btc_per_block": FEES_BTC,
}
PRICED_NETWORK: Mapping[str, float] = {**NETWORK, "btc_usd": 91_132}
PACE: Mapping[str, float] = {"height": 931_995, "block_pace_s": 614.0116}
"""603 blocks into the epoch, which took 370,249 s."""

HASHPRICE: Mapping[str, float] = {"hashprice_usd_ph_day": 39.316}
FLEET: Mapping[str, float] = {"efficiency_j_th": 17.5, "power_price_usd_kwh": 0.045}
EARNED: Mapping[str, float] = {**HASHPRICE, "pool_fee_ratio": 0.005}
MINE: Mapping[str, float] = {**EARNED, **FLEET}
"""The example of section 3: hashprice, machines, power, pool."""

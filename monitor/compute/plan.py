"""Which metrics depend on what: made once from the declared inputs. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.domain.events import (
    BLOCK_PACE,
    BLOCK_WINDOW,
    BTC_USD,
    DIFFICULTY,
    FEES,
    HEIGHT,
    USUAL_VENUE_VOLUME,
    VENUE_VOLUME,
)
from monitor.metrics.base import Metric
from monitor.metrics.catalogue import Catalogue

MARKET_INPUTS: Mapping[str, str] = {
    "btc_usd": BTC_USD,
    "difficulty": DIFFICULTY,
    "height": HEIGHT,
    "fees_btc_per_block": FEES,
    "block_pace_s": BLOCK_PACE,
    "window_144_s": BLOCK_WINDOW,
    "difficulty_growth_ratio": "network.difficulty_growth_ratio",
    "hashprice_index_usd_ph_day": "network.hashprice_index_usd_ph_day",
    "gpu_rental_usd_hour": "gpu.h100_usd_hour",
    "binance_top_traders_ratio": "perp.binance.top_accounts_long_short_ratio",
    "okx_top_traders_ratio": "perp.okx.top_accounts_long_short_ratio",
    "htx_top_traders_ratio": "perp.htx.top_accounts_long_short_ratio",
    "venue_volume_btc": VENUE_VOLUME,
    "usual_venue_volume_btc": USUAL_VENUE_VOLUME,
}
"""Market input of the metrics to the instrument it is read from."""

MARKET_UNITS: Mapping[str, str] = {
    "btc_usd": "USD",
    "difficulty": "difficulty",
    "height": "blocks",
    "fees_btc_per_block": "BTC/block",
    "block_pace_s": "s",
    "window_144_s": "s",
    "difficulty_growth_ratio": "ratio",
    "hashprice_index_usd_ph_day": "USD/PH/day",
    "gpu_rental_usd_hour": "USD/hour",
    "binance_top_traders_ratio": "ratio",
    "okx_top_traders_ratio": "ratio",
    "htx_top_traders_ratio": "ratio",
    "venue_volume_btc": "BTC",
    "usual_venue_volume_btc": "BTC",
}

STOCK_INPUTS: Mapping[str, str] = {
    "stock_usd": "{ticker}",
    "previous_close_usd": "{ticker}.previous_close_usd",
}
"""Company input to the instrument it is read from, for the company's own ticker."""

TENANT_INPUTS: Mapping[str, str] = {
    "tenant_stock_usd": "stock_usd",
    "tenant_previous_close_usd": "previous_close_usd",
}
"""Company input to the stock input of the company that it depends on."""


class Plan:
    """The metrics in an order in which each comes after its inputs, cut to what changed."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._affected: dict[frozenset[str], tuple[Metric, ...]] = {}
        self._leaves: dict[str, tuple[str, ...]] = {}

    def affected(self, changed: Iterable[str]) -> tuple[Metric, ...]:
        """Return the metrics that depend on any of the `changed` inputs, in order of computing."""
        names = frozenset(changed)
        known = self._affected.get(names)
        if known is None:
            wanted = {metric.name for name in names for metric in self.catalogue.dependents(name)}
            known = tuple(metric for metric in self.catalogue if metric.name in wanted)
            self._affected[names] = known
        return known

    def leaves_of(self, name: str) -> tuple[str, ...]:
        """Return the inputs that the metric `name` rests on in the end; of an input itself."""
        if name not in self._leaves:
            computed = name in self.catalogue
            self._leaves[name] = self.catalogue.leaves_of(name) if computed else (name,)
        return self._leaves[name]

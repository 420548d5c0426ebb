"""One venue that errs on all it quotes does not move the reference price beyond its quality."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.consensus import LastGood, Memory, reference_price
from monitor.domain.events import BTC_USD, BTC_USDT, USDT_USD, Quality, Quote
from monitor.domain.venues import venue_prices

NOW = 1_700_000_000_000
TRUTH = 100_000.0
# as the feeds quote them: two give the rate of USDT, which three need
PAIRS = [
    *((venue, BTC_USD) for venue in ("bitfinex", "bitstamp", "coinbase", "gemini", "kraken")),
    *((venue, BTC_USDT) for venue in ("binance", "binance_us", "okx")),
    *((venue, USDT_USD) for venue in ("coinbase", "kraken")),
]
NOISE_RATIO = 0.0002
# a value of one venue is held against the last good one, two may be as far apart as this
BOUNDS = {Quality.OK: 0.01, Quality.DEGRADED: 0.005, Quality.SINGLE: 0.02}


@dataclass(frozen=True, slots=True)
class Market:
    """Which quotes are fresh, who errs by how much, and who was out before."""

    fresh: frozenset[tuple[str, str]]
    liar: str
    share: float
    marked: frozenset[str] = frozenset()
    noise: dict[tuple[str, str], float] = field(default_factory=dict)

    def quotes(self) -> list[Quote]:
        """Return what the venues say."""
        return [self._quote(*pair) for pair in PAIRS if pair in self.fresh]

    def _quote(self, venue: str, instrument: str) -> Quote:
        price = 1.0 if instrument == USDT_USD else TRUTH
        price *= 1 + self.noise.get((venue, instrument), 0.0)
        price *= 1 + (self.share if venue == self.liar else 0.0)
        value = Decimal(str(price))
        return Quote(instrument=instrument, value=value, observed_at=NOW, source=venue)


def markets() -> st.SearchStrategy[Market]:
    """Draw any of the venues fresh, one of them wrong, and some out from before."""
    names = sorted({venue for venue, _ in PAIRS})
    return st.sampled_from(names).flatmap(
        lambda liar: st.builds(
            Market,
            fresh=st.frozensets(st.sampled_from(PAIRS), min_size=1),
            liar=st.just(liar),
            share=st.floats(-0.5, 0.5),
            marked=st.frozensets(st.sampled_from(names)),
            noise=st.dictionaries(st.sampled_from(PAIRS), st.floats(-NOISE_RATIO, NOISE_RATIO)),
        )
    )


def check(market: Market) -> None:
    """Let the venues agree beside a good price remembered; what a rule may use is near the truth."""
    memory = Memory(LastGood(TRUTH, NOW - 1_000, NOW + 29_000), dict.fromkeys(market.marked))
    agreed, _ = reference_price(venue_prices(market.quotes(), NOW), now=NOW, memory=memory)
    if agreed.value is not None and agreed.quality.usable:
        off = abs(agreed.value / TRUTH - 1)
        # a converted price has the noise of its pair and of the rate
        assert off <= BOUNDS[agreed.quality] + 3 * NOISE_RATIO, (market, agreed)


@given(markets())
def test_one_liar_does_not_move_the_price_beyond_its_quality(market: Market) -> None:
    """Any venues silent, any out from before, any one wrong by any share."""
    check(market)


@pytest.mark.parametrize("share", [-0.083, 0.045, -0.013])
@pytest.mark.parametrize("liar", ["coinbase", "okx", "gemini"])  # the others are like one of them
def test_whoever_is_silent_one_liar_moves_nothing(liar: str, share: float) -> None:
    """Every set of the quotes that can be fresh: chance does not often draw the few that matter."""
    for count in range(1, len(PAIRS) + 1):
        for fresh in itertools.combinations(PAIRS, count):
            check(Market(frozenset(fresh), liar, share))

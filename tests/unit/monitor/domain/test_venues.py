"""One price per venue: USD first, a stablecoin pair only through its own fresh rate."""

from __future__ import annotations

from decimal import Decimal

import pytest

from monitor.domain.events import Quote
from monitor.domain.venues import FRESH_MS, VenuePrice, leaning, venue_prices

NOW = 1_700_000_000_000


def quote(
    instrument: str,
    value: str,
    source: str = "kraken",
    *,
    age_ms: int = 0,
    fresh_ms: int | None = None,
    book: tuple[str, str] | None = None,
    volume: str | None = None,
) -> Quote:
    """Return a quote of some age."""
    return Quote(
        instrument=instrument,
        value=Decimal(value),
        observed_at=NOW - age_ms,
        source=source,
        fresh_ms=fresh_ms,
        bid=None if book is None else Decimal(book[0]),
        ask=None if book is None else Decimal(book[1]),
        volume=None if volume is None else Decimal(volume),
    )


def only(*quotes: Quote) -> VenuePrice:
    """Return the price of the one venue there is."""
    (price,) = venue_prices(quotes, NOW)
    return price


def test_a_dollar_pair_is_taken_as_it_is() -> None:
    """Last trade without a book; source, time, volume and budget go along."""
    price = only(quote("BTC-USD", "100000.5", age_ms=5, volume="12.5", fresh_ms=70_000))
    assert price == VenuePrice(
        "kraken", 100_000.5, NOW - 5, None, 12.5, fresh_ms=70_000, converted_by=None
    )


def test_a_book_gives_its_mid() -> None:
    """With bid and ask the mid stands for the venue."""
    price = only(quote("BTC-USD", "99000", book=("100000", "100010")))
    assert (price.price, price.bid, price.ask) == (100_005.0, 100_000.0, 100_010.0)


def test_the_dollar_pair_comes_first() -> None:
    """A venue with both is represented by its USD pair, and once."""
    price = only(quote("BTC-USDT", "101000"), quote("BTC-USD", "100000"), quote("USDT-USD", "0.99"))
    assert (price.price, price.converted_by) == (100_000.0, None)


def test_a_stale_dollar_pair_gives_way_to_a_converted_one() -> None:
    """A silent USD pair does not silence a venue that trades in a stablecoin."""
    price = only(
        quote("BTC-USD", "100000", age_ms=FRESH_MS + 1),
        quote("BTC-USDT", "101000"),
        quote("USDT-USD", "0.99", "coinbase"),
    )
    assert price.price == pytest.approx(99_990)
    assert price.converted_by == "USDT"


def test_a_stablecoin_pair_is_converted_with_its_book() -> None:
    """Price, bid and ask are multiplied by the coin's rate; USDT does not convert USDC."""
    price = only(
        quote("BTC-USDC", "110000", book=("109990", "110010"), volume="3"),
        quote("USDC-USD", "0.9", "coinbase"),
        quote("USDT-USD", "1.0", "coinbase"),
    )
    assert price.price == pytest.approx(99_000)
    assert price.bid == pytest.approx(98_991)
    assert price.ask == pytest.approx(99_009)
    assert (price.converted_by, price.volume) == ("USDC", 3.0)


@pytest.mark.parametrize(
    "rates",
    [
        [],
        [quote("USDT-USD", "1.0", "coinbase")],
        [quote("USDC-USD", "0.9", "coinbase", age_ms=FRESH_MS + 1)],
        [quote("USDC-USD", "0", "coinbase")],
        [quote("USDC-USD", "0.9", "coinbase", book=("0.95", "0.90"))],
    ],
)
def test_without_a_usable_rate_the_venue_is_out_by_name(rates: list[Quote]) -> None:
    """No rate, another coin's, a stale or an insane one: the pair says nothing in dollars."""
    price = only(quote("BTC-USDC", "110000"), *rates)
    assert price.fault_at(NOW) == "unconverted"


def test_the_rate_is_the_median_of_the_venues() -> None:
    """One venue's wrong stablecoin rate does not move the conversion."""
    price = only(
        quote("BTC-USDC", "100000"),
        quote("USDC-USD", "0.99", "a"),
        quote("USDC-USD", "0.98", "b"),
        quote("USDC-USD", "0.10", "c"),
    )
    assert price.price == pytest.approx(98_000)


def test_two_that_contradict_each_other_give_no_rate() -> None:
    """The middle of a right and a wrong rate is wrong, and every price through it; within 0.5 % it is one."""
    pair = quote("BTC-USDT", "100000", "okx")
    right = quote("USDT-USD", "1.0", "coinbase")
    assert only(pair, right, quote("USDT-USD", "0.994")).fault == "unconverted"
    assert only(pair, right, quote("USDT-USD", "0.996")).price == pytest.approx(99_800)


def test_a_rate_says_whose_word_alone_it_is() -> None:
    """One venue's rate names it; that of two who agree is nobody's alone, nor is a USD pair."""
    pair, rate = quote("BTC-USDT", "100000", "okx"), quote("USDT-USD", "1.0", "coinbase")
    assert only(pair, rate).rate_of == "coinbase"
    assert only(pair, rate, quote("USDT-USD", "1.0")).rate_of is None
    assert only(pair, rate, quote("USDT-USD", "1.0", age_ms=FRESH_MS + 1)).rate_of == "coinbase"
    assert only(quote("BTC-USD", "100000"), rate).rate_of is None


def test_an_excluded_venue_gives_no_rate() -> None:
    """Whom a person flagged has no part in what others say either."""
    quotes = [quote("BTC-USDT", "100000", "okx"), quote("USDT-USD", "0.9", "shady")]
    (price,) = venue_prices(quotes, NOW, ("shady",))
    assert price.fault == "unconverted"


def leaners(**rate_of: str | None) -> set[str]:
    """Return who leans, of venues named in rising order of price."""
    return set(leaning([VenuePrice(name, 1.0, NOW, rate_of=of) for name, of in rate_of.items()]))


def test_one_speaks_for_all_who_err_together() -> None:
    """The giver of the rate; without its price the middle one; with two givers two, unless linked."""
    assert leaners(a=None, b=None, c=None) == set()
    assert leaners(a="k", b="k", k=None, c=None) == {"a", "b"}
    assert leaners(a="k", b="k", c="k", d=None) == {"a", "c"}
    assert leaners(a="k", b="m") == set()
    assert leaners(a="k", k="m", b="m") == {"a", "b"}
    assert leaners(a="b", b="a") == {"b"}
    assert leaners(a="a", b=None) == set()


def test_a_converted_price_is_fresh_no_longer_than_its_rate() -> None:
    """The budget is cut to the life of the rate."""
    price = only(
        quote("BTC-USDC", "100000", age_ms=1_000),
        quote("USDC-USD", "1", "coinbase", age_ms=20_000),
    )
    assert price.fresh_until == NOW + FRESH_MS - 20_000
    assert price.fault_at(price.fresh_until) == ""
    assert price.fault_at(price.fresh_until + 1) == "stale"


def test_a_stale_stablecoin_pair_is_called_stale() -> None:
    """With a fresh rate but an old price the venue is stale, not unconverted."""
    price = only(quote("BTC-USDC", "1", age_ms=FRESH_MS + 1), quote("USDC-USD", "1", "coinbase"))
    assert price.fault_at(NOW) == "stale"


def test_other_instruments_are_ignored() -> None:
    """Stocks, other coins and euro pairs are no BTC price; venues come in order of name."""
    quotes = [
        quote("RIOT", "12"),
        quote("BTC-EUR", "90000"),
        quote("ETH-USD", "4000"),
        quote("USDT-EUR", "0.9"),
        quote("BTC-USD", "100000", "z"),
        quote("BTC-USD", "100000", "a"),
    ]
    assert [price.venue for price in venue_prices(quotes, NOW)] == ["a", "z"]


@pytest.mark.parametrize("volume", ["NaN", "sNaN", "Infinity", "-1", "1e400"])
def test_a_volume_that_cannot_be_weighed_with_counts_as_not_told(volume: str) -> None:
    """A strange volume must not take a venue's good price away, nor weigh anything."""
    given = Quote(
        instrument="BTC-USD",
        value=Decimal(105_000),
        observed_at=0,
        source="a",
        volume=Decimal(volume),
    )
    (price,) = venue_prices([given], 0)
    assert price.volume is None

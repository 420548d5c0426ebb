"""The card on a terminal: 80 columns, nothing lost, the rows of the article visible."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.cli.card_words import amount, why, without_value
from monitor.cli.company_view import render_card
from monitor.compute.card import build_card
from monitor.core.clock import parse_iso

NOW = parse_iso("2026-11-01")
COMPANIES = load_companies(NOW)
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "companies"
CATALOGUE = find_catalogue()


def text_of(ticker: str) -> str:
    """Return the default card as a terminal of 80 columns shows it."""
    screen = io.StringIO()
    card = build_card(COMPANIES[ticker], NOW, CATALOGUE, COMPANIES)
    Console(file=screen, width=80).print(render_card(card))
    return screen.getvalue()


def fixture_text(ticker: str, day: str, market: dict[str, float] | None = None) -> str:
    """Return the card of a company of the test data as 80 columns show it, each break a space."""
    screen = io.StringIO()
    book = load_companies(NOW, FIXTURES)
    card = build_card(book[ticker], parse_iso(day), CATALOGUE, book, market)
    Console(file=screen, width=80).print(render_card(card))
    assert max(len(line) for line in screen.getvalue().splitlines()) <= 80
    return " ".join(screen.getvalue().split())


@pytest.mark.parametrize(
    "words",
    [
        "listed: Nasdaq:HIVE (USD), TSXV:HIVE (CAD)",
        "stated as 145 MCAD, at 0.7186 USD/CAD",
        "replaced by what was known on 2025-11-17",
        "installed 6.2 EH/s 2025-03-31",
        "S19: 50.0%, 40 J/TH, off below 41.39 USD/PH/day [1] unprofitable",
        "unprofitable at 30.00 USD/PH/day and 0.043116 USD/kWh: S19 (50% of the hashrate)",
        "Montreal: ai, 8 MW on 2025-03-31",
        "power contracted: 8 MW, cooling: liquid, PUE: 1.2",
        "power contracted: 24 MW, cooling: not disclosed, PUE: not disclosed",
        "client_stability: medium: many small tenants",
        "judged by A. Desk on 2025-04-01, expires 2027-04-01",
        "power: no level; that of A. Desk expired on 2025-10-01",
        "cooling: no level: nobody has judged it",
        "cross_border_data: raised, 2025-03-03: tenants in two countries",
        "privacy: not raised, 2025-03-01: data stays in Canada",
        "allocation: two businesses, one treasury: coins are sold for graphics processors",
        "2 figures are stated in CAD and converted at the mean rate of their period",
    ],
)
def test_the_card_says_what_the_new_sections_hold(words: str) -> None:
    """Currency, restatement, hashrate basis, fleet, sites and judgements are in plain words."""
    assert words in fixture_text("HIVE", "2026-01-15", {"hashprice_usd_ph_day": 30.0})


def test_the_card_tells_a_former_ticker_and_no_exchange() -> None:
    """KEEL was BITF on the day of the card; Bitmain is on no exchange."""
    words = "ticker BITF until 2026-04-06, so on the day of this card"
    assert words in fixture_text("KEEL", "2025-07-17")
    assert "ticker OLD before, dates not kept" in fixture_text("KEEL", "2026-06-01")
    assert "listed: on no exchange" in fixture_text("BITMAIN", "2026-01-15")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "a", "missing": [], "reason": "no_profit"}, "none (no profit)"),
        ({"name": "a", "missing": ["c", "b"], "reason": "missing:c"}, "unknown for want of b, c"),
        ({"name": "a", "missing": ["a"], "reason": "missing:a"}, "unknown"),
        (
            {"name": "a", "missing": ["height", "btc_usd", "c"], "reason": "missing:height"},
            "unknown for want of c, the live market",
        ),
        (
            {"name": "a", "missing": ["var_btc", "stock_usd"], "reason": "missing:var_btc"},
            "unknown for want of the history of a running service, the live market",
        ),
    ],
)
def test_a_number_that_is_not_there_says_why(entry: dict[str, object], words: str) -> None:
    """A payback that cannot be is none, with the reason (C14); what lacks an input is unknown."""
    assert why(entry) == words
    assert without_value([entry | {"value": None}, {"value": 1}]) == [f"{words}: a"]


@pytest.mark.parametrize("ticker", COMPANIES)
def test_the_card_fits_80_columns_and_lists_every_source(ticker: str) -> None:
    """No line is longer than 80, nothing is cut, and each source stands in the list."""
    text = text_of(ticker)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    joined = "".join(line.strip() for line in text.splitlines())
    for history in COMPANIES[ticker].figures.values():
        for figure in history:
            assert figure.source.replace(" ", "") in joined.replace(" ", "")


@pytest.mark.parametrize(
    ("ticker", "expected"),
    [
        (
            "CORZ",
            [
                "291.7 M USD/year",
                "-55.7 %",
                "takeover_talks",
                "CRWV:",
                "power: not disclosed",
                "CoreWeave: 1 (100.0 %)",
            ],
        ),
        ("CRWV", ["CORZ: CoreWeave June 2024"]),
        (
            "HUT",
            [
                "-76.7 %",
                "btc_treasury_usd: 1.079 B USD",
                "fixed fee: agreed, not disclosed",
                "revenue share: agreed, not disclosed",
            ],
        ),
        ("HIVE", ["112.2 M USD", "0.09 (9.00 %)", "0.101 (10.1 %)"]),
        (
            "IREN",
            [
                "(2.49 %)",
                "2024-01-31        248",
                "2025-07-03      4,300",
                "flag litigation since 2024-10-07",
            ],
        ),
        ("RIOT", ["evaluating: 600 MW", "0.00x"]),
        ("MARA", ["AI status: prepared", "5.25 B USD", "0 (0.00 %)"]),
        ("CAN", ["type asic_maker", "AI status: exited since 2025-06-23"]),
    ],
)
def test_the_default_card_shows_the_rows_of_the_article(ticker: str, expected: list[str]) -> None:
    """What the article's companies are known for is on the card without any option."""
    text = text_of(ticker)
    for part in expected:
        assert part in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "MW", "not disclosed"),
        (291_666_666.7, "USD/year", "291.7 M USD/year"),
        (-1_234.5, "USD", "-1.234 k USD"),
        (12.5, "USD", "12.5 USD"),
        (-0.5566, "ratio", "-0.5566 (-55.7 %)"),
        (4_300, "count", "4,300"),
        (1_483.5, "BTC", "1,483.5 BTC"),
    ],
)
def test_amounts_are_scaled_for_people(value: float | None, unit: str, text: str) -> None:
    """Money is scaled, shares show their percent, the unknown is said in words."""
    assert amount(value, unit) == text

"""The card on a terminal: 80 columns, nothing lost, the rows of the article visible."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from monitor.books import load_companies
from monitor.cli.company_view import amount, render_card
from monitor.compute.card import build_card
from monitor.core.clock import parse_iso
from monitor.core.discovery import declared
from monitor.metrics.catalogue import Catalogue

NOW = parse_iso("2026-11-01")
COMPANIES = load_companies(NOW)
CATALOGUE = Catalogue(
    metric for _, metrics in declared("monitor.metrics", "METRICS", tuple) for metric in metrics
)


def text_of(ticker: str) -> str:
    """Return the default card as a terminal of 80 columns shows it."""
    screen = io.StringIO()
    card = build_card(COMPANIES[ticker], NOW, CATALOGUE, COMPANIES)
    Console(file=screen, width=80).print(render_card(card))
    return screen.getvalue()


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
        ("CORZ", ["291.7 M USD/year", "-55.7 %", "takeover_talks", "CRWV:"]),
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
        ("HIVE", ["112.2 M USD", "0.09 (9.0 %)", "0.101 (10.1 %)"]),
        ("IREN", ["(2.5 %)", "flag litigation since 2024-10-07"]),
        ("RIOT", ["evaluating: 600 MW", "0 (0.0 %)"]),
        ("MARA", ["AI status: prepared", "5.25 B USD", "0 (0.0 %)"]),
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

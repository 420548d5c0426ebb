"""The sections of a company file beside its figures, and figures that are stated otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.books import load_companies, parse_company
from monitor.core.clock import parse_iso
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.domain.companies import Alias, Company, CompanyType, Listing, Stated, fact_at, latest
from monitor.domain.guards import doubts
from monitor.domain.risk_levels import SubFlagKind
from monitor.domain.sites import Cooling, Use

NOW = parse_iso("2026-11-01")
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "companies"

HEAD = """\
ticker: AAA
name: A company
type: miner
fiscal_year_end: "12-31"
sources:
  q1: {title: First quarter, url: "https://example.org/q1", published: 2026-05-07}
"""


def fixture(name: str) -> Company:
    """Return a company of the test data."""
    return load_companies(NOW, FIXTURES)[name]


def parsed(section: str) -> Company:
    """Return a company whose file has this section."""
    return parse_company(HEAD + section, "AAA.yaml", NOW)


def problems_of(section: str) -> str:
    """Return what is wrong with a file that has this section."""
    with pytest.raises(ConfigError) as caught:
        parsed(section)
    found = caught.value
    return (
        str(found) if not isinstance(found, ConfigErrors) else "\n".join(map(str, found.problems))
    )


def value(company: Company, fact: str, day: str) -> float | None:
    """Return what holds on a day."""
    found = fact_at(company, fact, parse_iso(day))
    return None if found is None else found.value


def test_a_restated_year_appears_with_its_publication() -> None:
    """HIVE's year restated: an earlier date returns the old figure (B22, K05)."""
    hive = fixture("HIVE")
    days = ("2025-06-25", "2025-06-26", "2025-11-16", "2025-11-17", "2026-10-31")
    found = [value(hive, "total_revenue_usd", day) for day in days]
    assert found == [None, 115.3e6, 115.3e6, 112.1e6, 112.1e6]
    yearly = [value(hive, "total_revenue_usd_year", day) for day in days]
    assert yearly == found


def test_a_figure_in_canadian_dollars_becomes_one_in_usd() -> None:
    """145 M CAD at 0.7186 are 104.197 M USD exactly, and what was printed is kept (A09)."""
    hive = fixture("HIVE")
    (revenue,) = hive.figures["mining_revenue_usd"]
    assert revenue.value == 104_197_000
    assert revenue.stated == Stated(145, "MCAD", "CAD", 0.7186)
    assert revenue.unit == "USD"
    assert value(hive, "power_price_usd_kwh", "2026-01-01") == 0.043116
    (yearly,) = hive.figures["mining_revenue_usd_year"]
    assert yearly.stated == Stated(145, "MCAD/year", "CAD", 0.7186)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("value: 5, unit: MCAD", ["AAA.yaml:9", "without a rate", "add fx_usd, USD per CAD"]),
        (
            "value: 5, unit: MCAD, fx_usd: 1.37",
            [
                "fx_usd of 1.37 is not plausible, expected 0.62 to 1.1 USD per CAD",
                "not CAD per USD",
            ],
        ),
        ("value: 5, unit: MUSD, fx_usd: 0.73", ["fx_usd for a figure in MUSD", "remove it"]),
        ("value: 5, unit: CAD/kWh, fx_usd: 0.73", ["cannot convert CAD/kWh to USD"]),
        ("value: 5, unit: XYZ", ["cannot convert XYZ to USD"]),
        ("value: 5, unit: CAD, fx_usd: 0.73", ["5 CAD is not plausible", "10,000 to 1e+12 USD"]),
        ("value: 5, unit: USD", ["is it in MUSD or BUSD?"]),
    ],
)
def test_a_wrong_currency_is_named_with_its_mend(figure: str, expected: list[str]) -> None:
    """No rate, a rate upside down, a rate for USD, another kind of unit: each says what to do."""
    text = f"figures:\n  capex_usd:\n    - {{{figure}, as_of: 2026-03-31, source: q1}}\n"
    message = problems_of(text)
    for part in expected:
        assert part in message


@pytest.mark.parametrize(
    ("fact", "given", "mend"),
    [
        ("hashrate_installed_eh_s", "value: 30, unit: TH/s", "is it in PH/s or EH/s?"),
        ("power_price_usd_kwh", "value: 60, unit: USD/kWh", "is it in USD/MWh?"),
        ("pool_fee_ratio", "value: 5, unit: ratio", "is it in % or bps?"),
        ("efficiency_j_th", "value: -20, unit: J/TH", "expected 5 to 120 J/TH"),
    ],
)
def test_a_wrong_unit_is_refused_with_range_and_likely_unit(
    fact: str, given: str, mend: str
) -> None:
    """TH for EH, MWh for kWh, percent for fraction, below zero: the range and the likely slip."""
    text = f"figures:\n  {fact}:\n    - {{{given}, as_of: 2026-03-31, source: q1}}\n"
    message = problems_of(text)
    assert "is not plausible, expected" in message
    assert mend in message


def test_published_of_a_figure_stands_in_for_its_source() -> None:
    """An address alone has no date of its own; the figure may give it."""
    text = (
        "figures:\n  btc_held:\n"
        "    - {value: 5, unit: BTC, as_of: 2026-03-31, published: 2026-06-01,"
        ' source: "https://example.org/x"}\n'
    )
    assert value(parsed(text), "btc_held", "2026-05-31") is None
    assert value(parsed(text), "btc_held", "2026-06-01") == 5


def test_two_figures_of_one_day_need_something_apart() -> None:
    """The same twice is a slip; another confidence is a conflict that the better one wins."""
    row = "    - {{value: {0}, unit: BTC, as_of: 2026-03-31, source: q1{1}}}\n"
    start = "figures:\n  btc_held:\n"
    twice = start + row.format(5, "") + row.format(6, "")
    assert "the same day and period twice" in problems_of(twice)
    conflict = start + row.format(5, ", confidence: confirmed") + row.format(6, "")
    assert value(parsed(conflict), "btc_held", "2026-06-01") == 5


def test_a_fleet_is_read_with_its_shares() -> None:
    """Half and half is 30 J/TH; hashrates give the same shares (B09)."""
    (fleet,) = fixture("HIVE").fleets
    assert [(item.name, item.share_ratio) for item in fleet.machines] == [
        ("S21", 0.5),
        ("S19", 0.5),
    ]
    assert value(fixture("HIVE"), "efficiency_j_th", "2026-01-01") == 30
    row = "  - {{name: {0}, efficiency_j_th: {1}, hashrate_eh_s: {2}, as_of: 2026-03-31, source: q1}}\n"
    company = parsed("fleet:\n" + row.format("A", 20, 6) + row.format("B", 40, 2))
    assert [item.share_ratio for item in company.fleets[0].machines] == [0.75, 0.25]
    assert value(company, "efficiency_j_th", "2026-06-01") == 25


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("efficiency_j_th: 0.02, share_ratio: 1", "0.02 is not plausible, expected 5 to 120 J/TH"),
        ("efficiency_j_th: -20, share_ratio: 1", "expected 5 to 120 J/TH"),
        ("efficiency_j_th: 20, share_ratio: 50", "share_ratio of 50 is not plausible"),
        ("efficiency_j_th: 20, share_ratio: 0.9", "add up to 0.9, expected 1"),
        ("efficiency_j_th: 20, hashrate_eh_s: 30000", "expected 0.01 to 500 EH/s"),
        ("efficiency_j_th: 20, hashrate_eh_s: 0", "has no hashrate"),
        ("efficiency_j_th: 20", "needs its share or its hashrate"),
        ("efficiency_j_th: 20, share_ratio: 1, hashrate_eh_s: 3", "and not both"),
        ("eficiency_j_th: 20", "did you mean `efficiency_j_th`?"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(machine: str, expected: str) -> None:
    """Wrong units, shares that do not add up, nothing to weigh by: with file and line."""
    message = problems_of(f"fleet:\n  - {{name: A, {machine}, as_of: 2026-03-31, source: q1}}\n")
    assert expected in message
    assert "AAA.yaml:8" in message


def test_a_fleet_tells_one_kind_of_size() -> None:
    """Shares beside hashrates cannot be weighed."""
    row = "  - {{name: {0}, efficiency_j_th: 20, {1}, as_of: 2026-03-31, source: q1}}\n"
    text = "fleet:\n" + row.format("A", "share_ratio: 1") + row.format("B", "hashrate_eh_s: 1")
    assert "has shares and hashrates" in problems_of(text)


def test_sites_are_read() -> None:
    """Power, contract, use, cooling and PUE; 32 of 40 MW have a contract (C16)."""
    boden, montreal = fixture("HIVE").sites
    assert (boden.use, boden.cooling) == (Use.MINING, None)
    assert (montreal.cooling, montreal.pue) == (Cooling.LIQUID, 1.2)
    assert value(fixture("HIVE"), "power_contracted_ratio", "2026-01-01") == 0.8
    assert value(fixture("HIVE"), "ai_site_overhead_ratio", "2026-01-01") == 1.2


def test_an_ai_site_must_say_how_it_is_cooled() -> None:
    """Cooling is required of a site that is used for AI: file, line and mend (C17)."""
    site = "sites:\n  - {name: Hall, use: %s, as_of: 2026-03-31, source: q1}\n"
    for use in ("ai", "both"):
        message = problems_of(site % use)
        assert "AAA.yaml:8: `Hall` is used for AI and does not say how it is cooled" in message
        assert "add `cooling:`, one of air, hydro, immersion, liquid, mixed, undisclosed" in message
    assert parsed(site % "mining").sites[0].cooling is None


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("use: mining, mw: 400000", "400,000 is not plausible, expected 0.1 to 50,000 MW"),
        ("use: mining, mw: 40, power_contracted_mw: 50", "50 MW contracted for 40 MW"),
        ("use: mining, pue: 0.9", ">= 1"),
        ("use: heating", "invalid enum value 'heating'"),
        ("use: ai, cooling: ice", "invalid enum value 'ice'"),
    ],
)
def test_a_site_that_cannot_be_is_refused(site: str, expected: str) -> None:
    """Power in kW, a contract above the site, a PUE below 1, words that do not exist."""
    text = f"sites:\n  - {{name: Hall, {site}, as_of: 2026-03-31, source: q1}}\n"
    assert expected in problems_of(text)


def test_risks_are_read_with_their_sub_flags() -> None:
    """Four judgements, oldest first; compliance has all four sub-flags with their dates (C18)."""
    risks = {item.risk.value: item for item in fixture("HIVE").risks}
    assert set(risks) == {"client_stability", "power", "compliance", "allocation"}
    flags = risks["compliance"].sub_flags
    assert {flag.kind for flag in flags} == set(SubFlagKind)
    assert [flag.kind for flag in flags if flag.raised] == [SubFlagKind.CROSS_BORDER_DATA]
    assert risks["allocation"].level == "two businesses, one treasury"
    assert risks["allocation"].author == "A. Desk"


RISK = (
    "risks:\n  - {risk: %s, level: %s, reason: r, date: 2026-03-31, author: A, expires: %s,"
    " source: q1%s}\n"
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("power", "hihg", "2027-01-01", ""), "did you mean `high`?"),
        (("power", "high", "2026-03-31", ""), "it expires before it begins"),
        (("powr", "high", "2027-01-01", ""), "did you mean `power`?"),
        (
            ("power", "high", "2027-01-01", ", sub_flags: {privacy: {raised: true}}"),
            "missing field `date`",
        ),
        (
            (
                "power",
                "high",
                "2027-01-01",
                ", sub_flags: {privacy: {raised: true, date: 2026-01-01, text: t, source: q1}}",
            ),
            "power has no sub-flags",
        ),
    ],
)
def test_a_judgement_that_cannot_be_is_refused(row: tuple[str, ...], expected: str) -> None:
    """An unknown level or risk, no time to hold, sub-flags in the wrong place."""
    assert expected in problems_of(RISK % row)


def test_a_level_needs_author_and_end() -> None:
    """A judgement without an author or an expiry is none (C20)."""
    text = RISK % ("allocation", "free words", "2027-01-01", "")
    assert parsed(text).risks[0].level == "free words"
    for field in ("author: A, ", "expires: 2027-01-01,"):
        assert "missing field" in problems_of(text.replace(field, "", 1))


def test_aliases_have_dates_or_none() -> None:
    """KEEL was BITF until April 2026; a plain former ticker keeps working."""
    keel = fixture("KEEL")
    assert keel.aliases == (Alias("BITF", None, parse_iso("2026-04-06")), Alias("OLD"))
    book = load_companies(NOW, FIXTURES)
    assert book.find("bitf") == book.find("OLD") == keel
    assert keel.ticker_at(parse_iso("2026-04-05")) == "BITF"
    assert keel.ticker_at(parse_iso("2026-04-06")) == "KEEL"


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("aliases: [bitf]\n", "AAA.yaml:7"),
        ("aliases:\n- {ticker: BITF, untill: 2026-01-01}\n", "did you mean `until`?"),
        ("aliases:\n- {ticker: B, since: 2026-02-01, until: 2026-01-01}\n", "ends before"),
        ("listings:\n- {exchange: TSXV, symbol: HIVE}\n", "missing field `currency`"),
        ("listings:\n- {exchange: TSXV, symbol: HIVE, currency: dollar}\n", "write it as CAD"),
    ],
)
def test_a_wrong_alias_or_listing_is_named(section: str, expected: str) -> None:
    """Each slip has its line and its mend."""
    assert expected in problems_of(section)


def test_listings_have_a_currency() -> None:
    """Plain text takes the exchange's currency, a record gives its own (A09)."""
    assert fixture("HIVE").listings == (
        Listing("Nasdaq", "HIVE", "USD"),
        Listing("TSXV", "HIVE", "CAD"),
    )
    assert parsed('listings: ["TSX:AAA", "Mars:AAA", AAA]\n').listings == (
        Listing("TSX", "AAA", "CAD"),
        Listing("Mars", "AAA", ""),
        Listing("", "AAA", ""),
    )
    assert [str(item) for item in fixture("HIVE").listings] == ["Nasdaq:HIVE", "TSXV:HIVE"]


def test_an_entity_on_no_exchange_loads() -> None:
    """Bitmain has no quote; a file that says nothing of listings is taken for a stock (B32)."""
    maker = fixture("BITMAIN")
    assert maker.type is CompanyType.ASIC_MAKER
    assert maker.listings == ()
    assert not maker.listed
    assert parsed("").listed


def test_hindsight_knows_that_a_share_has_ended() -> None:
    """Once all is known a second tenant of unknown size has signed, so no share is the newest."""
    text = (
        "contracts:\n"
        "- {name: One, counterparty: A, value_usd: 10_000, term_years: 1,"
        " stages: [{stage: signed, since: 2026-01-01, source: q1}]}\n"
        "- {name: Two, counterparty: B, stages: [{stage: signed, since: 2026-06-01, source: q1}]}\n"
    )
    company = parsed(text)
    assert value(company, "largest_tenant_share_ratio", "2026-05-31") == 1
    assert latest(company, "largest_tenant_share_ratio") is None
    assert latest(company, "contracted_ai_revenue_usd_year") is not None


def test_a_doubtful_figure_keeps_its_line() -> None:
    """A factor of ten in Riot's revenue is doubted at its place in the file (B06)."""
    row = (
        "    - {{value: {0}, unit: {1}, period_from: 2025-01-01, as_of: 2025-03-31, source: q1}}\n"
    )
    text = (
        "figures:\n  btc_produced:\n" + row.format(1530, "BTC") + "  mining_revenue_usd:\n"
    ) + row.format("1.429", "BUSD")
    (doubt,) = doubts(parsed(text), NOW)
    assert doubt.where == "AAA.yaml:11"
    assert "implied price 933,987 outside BTC range" in doubt.problem


def test_a_part_above_its_whole_is_refused_at_its_line() -> None:
    """AI revenue of 90 M beside revenue of 30 M of one quarter: the line, the range, the mend."""
    row = "{{value: {}, unit: USD, period_from: 2026-01-01, as_of: 2026-03-31, source: q1}}"
    section = (
        f"figures:\n  total_revenue_usd:\n    - {row.format(30_000_000)}\n"
        f"  ai_revenue_usd:\n    - {row.format(90_000_000)}\n"
    )
    said = problems_of(section)
    assert "AAA.yaml:11" in said
    assert "expected 0 to 30,000,000 USD" in said
    assert "factor of ten" in said

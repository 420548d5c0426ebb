"""The company book: the default files hold, and every mistake in a file is named at its line."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.books import load_companies, parse_company
from monitor.core.clock import parse_iso
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.domain.companies import CompanyType, fact_at
from monitor.domain.facts import FACTS
from monitor.domain.figures import standing

NOW = parse_iso("2026-11-01")

WULF = """\
ticker: WULF
name: TeraWulf
type: miner
fiscal_year_end: "12-31"
sources:
  q1:
    title: TeraWulf Q1 2026 results
    url: https://example.org/wulf-q1
figures:
  efficiency_j_th:
    - value: 18.5
      unit: J/TH
      as_of: 2026-03-31
      source: q1
"""


def problems_of(text: str) -> list[str]:
    """Return what is wrong with a company file, one text each."""
    with pytest.raises(ConfigError) as caught:
        parse_company(text, "WULF.yaml", NOW)
    error = caught.value
    return (
        [str(item) for item in error.problems] if isinstance(error, ConfigErrors) else [str(error)]
    )


def test_the_default_book_holds_every_company() -> None:
    """Those of the article and those beyond load, in the order of their tickers, each of its type."""
    types = {
        CompanyType.MINER: "ABTC BTBT BTDR CIFR CLSK CORZ HIVE HUT IREN KEEL MARA RIOT WULF",
        CompanyType.AI_HOST: "APLD CRWV GLXY WYFI",
        CompanyType.ASIC_MAKER: "BITMAIN CAN",
        CompanyType.TREASURY: "MSTR",
        CompanyType.HARDWARE: "NVDA",
    }
    wanted = {ticker: kind for kind, tickers in types.items() for ticker in tickers.split()}
    companies = load_companies(NOW)
    assert list(companies) == sorted(wanted)
    assert {ticker: company.type for ticker, company in companies.items()} == wanted


def test_every_default_figure_is_dated_sourced_and_plausible() -> None:
    """Each figure has a date in the past, a source as address or words, and lies in its range."""
    for company in load_companies(NOW).values():
        assert company.figures, company.ticker
        for fact, history in company.figures.items():
            assert list(history) == sorted(history, key=standing)
            for figure in history:
                assert parse_iso("2022-01-01") < figure.as_of <= NOW
                assert figure.source.startswith("https://") or figure.source == figure.title
                assert figure.title
                assert FACTS[fact].plausible(figure.value), (company.ticker, figure)


def test_a_company_is_added_by_file_only(tmp_path: Path) -> None:
    """A FUFU.yaml in a directory of one's own joins the default companies."""
    (tmp_path / "FUFU.yaml").write_text(WULF.replace("WULF", "FUFU"))
    companies = load_companies(NOW, tmp_path)
    assert set(companies) == {*load_companies(NOW), "FUFU"}
    figure = fact_at(companies["FUFU"], "efficiency_j_th", NOW)
    assert figure is not None
    assert (figure.value, figure.source) == (18.5, "https://example.org/wulf-q1")


def test_a_file_replaces_the_default_of_its_ticker(tmp_path: Path) -> None:
    """One's own RIOT.yaml stands instead of the default, whole."""
    (tmp_path / "RIOT.yaml").write_text(WULF.replace("WULF", "RIOT"))
    riot = load_companies(NOW, tmp_path)["RIOT"]
    assert riot.name == "TeraWulf"
    assert list(riot.figures) == ["efficiency_j_th"]


def test_a_file_leaves_a_default_out(tmp_path: Path) -> None:
    """HIVE.yaml that says no more than that: no feed asks for it, no rule watches it."""
    (tmp_path / "HIVE.yaml").write_text("ticker: HIVE\nomit: true\n")
    assert set(load_companies(NOW)) - set(load_companies(NOW, tmp_path)) == {"HIVE"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("HIVE", "ticker: RIOT\nomit: true\n", "`omit` leaves out only"),
        ("hive", "ticker: HIVE\nomit: true\n", "`omit` leaves out only"),
        ("HIVE", "ticker: HIVE\nomit: maybe\n", "`omit` leaves out only"),
        ("HIVE", "- ticker: HIVE\n", "holds no fields of a company"),
    ],
)
def test_what_leaves_no_company_out_and_holds_none_says_how(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    """The file, what is wrong with it, and what to write."""
    (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        load_companies(NOW, tmp_path)
    assert f"{name}.yaml" in str(caught.value)
    assert "to fix: " in str(caught.value)


def test_a_file_must_be_named_after_its_ticker(tmp_path: Path) -> None:
    """A copy that kept its old name is refused, with the name it should have."""
    (tmp_path / "FUFU.yaml").write_text(WULF)
    with pytest.raises(ConfigErrors, match=r"name the file WULF\.yaml"):
        load_companies(NOW, tmp_path)


def test_what_only_looks_like_a_company_file_is_refused(tmp_path: Path) -> None:
    """A `.yml` is not passed over in silence, and a pipe is not waited for."""
    (tmp_path / "FUFU.yml").write_text(WULF.replace("WULF", "FUFU"))
    (tmp_path / "notes.txt").write_text("nothing of ours")
    os.mkfifo(tmp_path / "PIPE.yaml")
    (tmp_path / "DIR.yaml").mkdir()
    with pytest.raises(ConfigErrors) as caught:
        load_companies(NOW, tmp_path)
    hints = [(Path(error.where).name, error.hint) for error in caught.value.problems]
    assert [name for name, _ in hints] == ["DIR.yaml", "FUFU.yml", "PIPE.yaml"]
    assert hints[1][1] == "name it FUFU.yaml"


def test_one_name_means_one_thing(tmp_path: Path) -> None:
    """An alias that is another's ticker, and a company called like the price of bitcoin, are refused."""
    alias = WULF.replace("WULF", "FUFU") + "\naliases:\n  - {ticker: RIOT}\n"
    (tmp_path / "FUFU.yaml").write_text(alias)
    (tmp_path / "BTC-USD.yaml").write_text(WULF.replace("WULF", "BTC-USD"))
    with pytest.raises(ConfigErrors) as caught:
        load_companies(NOW, tmp_path)
    assert [Path(error.where).name for error in caught.value.problems] == [
        "BTC-USD.yaml",
        "FUFU.yaml",
    ]
    assert "alias RIOT is the ticker of another" in str(caught.value)


@pytest.mark.parametrize(
    ("contract", "place"),
    [("mw: 7.25e9", "mw"), ("value_usd: 8.7e15", "value_usd"), ("value_usd: 8700", "value_usd")],
)
def test_a_contract_in_a_unit_a_thousand_times_off_is_refused(contract: str, place: str) -> None:
    """Watts for megawatts, and millions for dollars, lie outside any contract there is."""
    stages = "stages: [{stage: signed, since: 2025-01-01, source: q1}]"
    text = f"{WULF}\ncontracts:\n  - name: Big\n    {stages}\n    {contract}\n"
    line = text.splitlines().index(f"    {contract}") + 1
    (problem,) = problems_of(text)
    assert problem.startswith(f"WULF.yaml:{line}: ")
    assert place in contract


@pytest.mark.parametrize(
    ("value", "refused"), [(0.047, True), (0, False), (-20, False), (47, False)]
)
def test_a_power_price_in_the_wrong_unit_is_refused(value: float, refused: bool) -> None:
    """Nothing is sold for cents a MWh; for nothing, or for less, it is."""
    text = WULF.replace("efficiency_j_th", "power_price_usd_kwh")
    text = text.replace("value: 18.5", f"value: {value}").replace("unit: J/TH", "unit: USD/MWh")
    if not refused:
        assert parse_company(text, "WULF.yaml", NOW).figures
        return
    assert "not plausible" in problems_of(text)[0]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """A directory that does not exist is a mistake, not an empty book."""
    with pytest.raises(ConfigErrors, match="is no directory"):
        load_companies(NOW, tmp_path / "gone")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "efficiency_j_th:",
            "eficiency_j_th:",
            ["WULF.yaml:10: no fact `eficiency_j_th`", "did you mean `efficiency_j_th`?"],
        ),
        ("as_of:", "as_off:", ["WULF.yaml:13: unknown field `as_off`", "did you mean `as_of`?"]),
        ("name: Tera", "nmae: Tera", ["WULF.yaml:2: unknown field `nmae`", "did you mean `name`?"]),
        ("      as_of: 2026-03-31\n", "", ["WULF.yaml:11: missing field `as_of`"]),
        ("      source: q1\n", "", ["WULF.yaml:11: missing field `source`"]),
        ("source: q1", "source: q2", ["WULF.yaml:14: no source `q2`", "known are `q1`"]),
        ("url: https:", "url: file:", ["WULF.yaml:8: `file://example.org/wulf-q1` is no web"]),
        ("as_of: 2026-03-31", "as_of: 2027-03-31", ["WULF.yaml:13: 2027-03-31 is in the future"]),
        (
            "as_of: 2026-03-31",
            "as_of: soon",
            ["WULF.yaml:13: invalid RFC3339", "write it as 2025-07-17"],
        ),
        (
            "unit: J/TH",
            "unit: EH/s",
            ["WULF.yaml:12: efficiency_j_th: cannot convert EH/s", "5 to 120 J/TH", "W/TH"],
        ),
        (
            "value: 18.5\n      unit: J/TH",
            "value: 20000\n      unit: mJ/TH",
            ["WULF.yaml:12: efficiency_j_th: cannot convert mJ/TH", "expected 5 to 120 J/TH"],
        ),
        ("value: 18.5", "value: -18.5", ["WULF.yaml:11:", "expected 5 to 120 J/TH"]),
        ("value: 18.5", "value: 20000", ["20,000 J/TH is not plausible, expected 5 to 120 J/TH"]),
        (
            "ticker: WULF",
            "ticker: wulf",
            ["WULF.yaml:1: `wulf` may not stand here", "1 to 10 of A-Z"],
        ),
        (
            "type: miner",
            "type: minor",
            ["WULF.yaml:3: invalid enum value 'minor'", "did you mean `miner`?"],
        ),
        (
            "efficiency_j_th:",
            "hashrate_eh_s:",
            ["`hashrate_eh_s` has several meanings", "`hashrate_installed_eh_s`"],
        ),
    ],
)
def test_a_mistake_is_named_with_line_cause_and_mend(
    old: str, new: str, expected: list[str]
) -> None:
    """Each kind of slip gives file, line, what is wrong and how to mend it."""
    assert old in WULF
    message = "\n".join(problems_of(WULF.replace(old, new, 1)))
    for part in expected:
        assert part in message


def test_figures_for_one_day_stay_both_where_they_say_how_they_differ() -> None:
    """A hearsay value beside the paper's own, or one on another basis, is no mistake; the paper wins."""
    twice = WULF + (
        "    - {value: 19, unit: J/TH, as_of: 2026-03-31, source: q1, confidence: unconfirmed}\n"
        "    - {value: 17, unit: J/TH, as_of: 2026-03-31, source: q1, basis: one site}\n"
        "    - {value: 18, unit: J/TH, as_of: 2026-03-31, source: q1, confidence: confirmed}\n"
    )
    company = parse_company(twice, "WULF.yaml", NOW)
    assert len(company.figures["efficiency_j_th"]) == 4
    figure = fact_at(company, "efficiency_j_th", NOW)
    assert figure is not None
    assert figure.value == 18


@pytest.mark.parametrize(
    ("line", "listings", "listed"),
    [
        ("", (), True),
        ('listings: ["Nasdaq:WULF"]\n', ("Nasdaq:WULF",), True),
        ("listings: []\n", (), False),
    ],
)
def test_a_company_says_that_no_exchange_lists_it(
    line: str, listings: tuple[str, ...], listed: bool
) -> None:
    """Only an empty list means so: a file that says nothing of it is a share by its ticker."""
    company = parse_company(line + WULF, "WULF.yaml", NOW)
    assert tuple(map(str, company.listings)) == listings
    assert company.listed is listed


def test_a_unit_of_the_same_kind_is_converted() -> None:
    """0.02 J/GH is 20 J/TH."""
    text = WULF.replace("18.5", "0.02").replace("unit: J/TH", "unit: J/GH")
    figure = parse_company(text, "WULF.yaml", NOW).figures["efficiency_j_th"][0]
    assert (figure.value, figure.unit) == (20.0, "J/TH")


def test_a_company_hashrate_in_terahashes_is_refused() -> None:
    """30 TH/s is a desk, not a company: refused with the expected range."""
    text = WULF.replace("efficiency_j_th", "hashrate_installed_eh_s")
    text = text.replace("18.5", "30").replace("unit: J/TH", "unit: TH/s")
    assert "30 TH/s is not plausible, expected 0.01 to 500 EH/s, or 0" in problems_of(text)[0]


def test_all_mistakes_of_a_file_come_at_once() -> None:
    """Three wrong figures give three problems, each with its own line."""
    text = WULF + (
        "    - {value: 19, unit: stone, as_of: 2026-01-31, source: q1}\n"
        "    - {value: 19, unit: J/TH, as_of: 2026-02-28}\n"
        "    - {value: 18, unit: J/TH, as_of: 2026-03-31, source: q1}\n"
    )
    problems = problems_of(text)
    assert [item.split(" ")[0] for item in problems] == [
        "WULF.yaml:15:",
        "WULF.yaml:16:",
        "WULF.yaml:17:",
    ]
    assert "the same day and period twice" in problems[2]


def test_a_duplicate_key_is_refused() -> None:
    """A fact given twice would lose one list silently."""
    assert "`ticker` is given twice, first on line 1" in problems_of(WULF + "ticker: X\n")[0]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            "contracts:\n- {name: A, stages: [{stage: signed, since: 2026-01-01, source: q1}]}\n",
            "`A` is signed by nobody",
        ),
        ("contracts:\n- {name: A, stages: []}\n", "length >= 1"),
        (
            "contracts:\n- {name: A, stages: [{stage: sold, since: 2026-01-01, source: q1}]}\n",
            "invalid enum value 'sold'",
        ),
        (
            "ai_status:\n- {status: hybrid, since: 2026-01-02, source: q1}\n- {status: exited, since: 2026-01-01, source: q1}\n",
            "earlier than the step before",
        ),
        (
            "claims:\n- {claim: a, says: b, verdict: c, numbers: {btc_hled: 1}}\n",
            "did you mean `btc_held`?",
        ),
        ("claims:\n- {claim: a, says: b, verdict: c, numbers: {btc_held: 0}}\n", "> 0"),
        ("flags:\n- {kind: gossip, since: 2026-01-01, text: a, source: q1}\n", "'gossip'"),
        ("events:\n- {kind: bankruptcy, at: 2027-01-01, text: a, source: q1}\n", "in the future"),
    ],
)
def test_the_other_sections_are_checked_too(section: str, expected: str) -> None:
    """Contracts, statuses, claims, flags and events name their mistakes."""
    assert expected in "\n".join(problems_of(WULF + section))


def test_moving_a_plan_to_signed_moves_the_contracted_figure() -> None:
    """Power under evaluation counts in no contracted figure; once signed it does."""
    plan = (
        "contracts:\n- name: Site\n  counterparty: Tenant\n  mw: 50\n  value_usd: 100_000_000\n"
        "  term_years: 10\n  stages: [{stage: evaluating, since: 2026-01-01, source: q1}]\n"
    )
    before = parse_company(WULF + plan, "WULF.yaml", NOW)
    after = parse_company(WULF + plan.replace("evaluating", "signed"), "WULF.yaml", NOW)
    assert fact_at(before, "ai_contracted_mw", NOW) is None
    power = fact_at(after, "ai_contracted_mw", NOW)
    revenue = fact_at(after, "contracted_ai_revenue_usd_year", NOW)
    assert power is not None
    assert revenue is not None
    assert (power.value, revenue.value) == (50.0, 1e7)


@given(st.integers(0, len(WULF)), st.text(max_size=12))
def test_a_mangled_file_raises_nothing_but_config_error(cut: int, junk: str) -> None:
    """Whatever is typed into a file, the loader gives a company or a ConfigError."""
    with contextlib.suppress(ConfigError):
        parse_company(WULF[:cut] + junk + WULF[cut:], "WULF.yaml", NOW)

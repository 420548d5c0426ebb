"""Files for a past that is told afterwards: JSON lines, one file alone, figures of whole days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from monitor.core.clock import parse_iso
from monitor.core.errors import ConfigError
from monitor.domain.events import DAY_HASHRATE, DAY_ISSUANCE, Quote, Tick
from monitor.domain.network import subsidy_of_day
from monitor.replay import recording
from monitor.replay.layouts import open_history
from tests.quotes import moments
from tests.worlds import quote

LINE = '{"instrument": "BTC-USD", "value": "1.50", "observed_at": 7, "source": "x"}'


def quotes(place: Path, *, of_days: bool = False) -> list[Quote]:
    """Return all quotes of a file or folder."""
    found = open_history(place, of_days=of_days).moments()
    return [one for moment in found for one in moment.quotes]


def test_a_quote_a_line(tmp_path: Path) -> None:
    """The fields of the ingest contract; a blank line is none, and numbers keep their digits."""
    file = tmp_path / "x.jsonl"
    file.write_text(f"{LINE}\n\n{LINE.replace('7', '9')}\n")
    assert [(str(one.value), one.observed_at) for one in quotes(file)] == [("1.50", 7), ("1.50", 9)]
    assert quotes(tmp_path) == quotes(file)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "truncated"),
        (LINE.replace("7", "1"), "earlier"),
        (LINE.replace("7", "99999999999999"), "lies outside"),
        (LINE.replace('"1.50"', '"nan"'), "no number"),
        (LINE.replace('"x"', '""'), "empty"),
        (LINE + " " * 70_000, "bytes"),
    ],
)
def test_a_line_that_is_no_quote_names_its_place(tmp_path: Path, line: str, cause: str) -> None:
    """File and line, why, and how to mend it."""
    file = tmp_path / "x.jsonl"
    file.write_text(f"{LINE}\n{line}\n")
    with pytest.raises(ConfigError, match=cause) as caught:
        quotes(file)
    assert caught.value.where == f"{file}:2"


def test_a_recording_keeps_that_it_was_told_afterwards(tmp_path: Path) -> None:
    """The replay of a recording knows what was backfilled; an older file has no such column."""
    told = quote("BTC-USD", 5, 7, backfilled=True)
    plain = moments(1)[0].quotes[0]
    body = recording.encode(Tick("1-0", 9, (told, plain)), 9)
    file = tmp_path / "quotes.csv"
    file.write_text(recording.header_line() + body)
    assert quotes(file) == [told, plain]
    older = [line.rsplit(",", 5)[0] for line in file.read_text().splitlines()]
    file.write_text("\n".join([*older, ""]))
    assert [one.backfilled for one in quotes(file)] == [False, False]


def test_a_daily_file_tells_coins_and_hashrate_of_the_day(tmp_path: Path) -> None:
    """150 blocks at 3.125 BTC; only where whole days are asked for, and not on a halving's day."""
    difficulty = 1.4e14
    hashrate = 150 / 144 * difficulty * 2**32 / 600 / 1e12
    rows = [f"{day},{difficulty},{hashrate!r}" for day in ("2024-04-20", "2025-07-16")]
    file = tmp_path / "network.csv"
    file.write_text("\n".join(["date,difficulty,hashrate_ths", *rows, ""]))
    told = {one.instrument: one for one in quotes(file, of_days=True)}
    assert float(told[DAY_ISSUANCE].value) == pytest.approx(150 * 3.125)
    assert told[DAY_ISSUANCE].observed_at == parse_iso("2025-07-17")
    assert float(told[DAY_HASHRATE].value) == pytest.approx(hashrate / 1e6)
    assert [one.instrument for one in quotes(file, of_days=True)].count(DAY_ISSUANCE) == 1
    assert {one.instrument for one in quotes(file)} == {"network.difficulty"}


@pytest.mark.parametrize(
    ("day", "sat"),
    [
        ("2012-11-27", 5_000_000_000),
        ("2012-11-29", 2_500_000_000),
        ("2020-05-11", None),
        ("2024-04-21", 312_500_000),
        ("2031-01-01", None),
    ],
)
def test_the_subsidy_of_a_day(day: str, sat: int | None) -> None:
    """By the known halvings; a day with one in it had two subsidies, a far one is not known."""
    assert subsidy_of_day(date.fromisoformat(day)) == sat

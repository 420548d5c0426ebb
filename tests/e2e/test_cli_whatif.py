"""`hashhedge whatif`: before and after on the page, without a network, in every form (row B15)."""

from __future__ import annotations

import csv
import io
import json
import socket
import sys
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from monitor.__main__ import main
from monitor.app.servers import RUNNING, Servers
from tests.command import hashhedge

CHANGES = ("--btc", "-20%", "--difficulty", "+5%")


def test_the_margin_before_and_after_without_a_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`whatif RIOT --btc -20% --difficulty +5%` opens no connection and shows both margins.

    Without a running service the market is the invented one, and the first lines say so.
    """

    def refused(*_: object) -> NoReturn:
        raise AssertionError("it asked the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HASHHEDGE_REDIS_URL", raising=False)
    monkeypatch.setattr(sys, "argv", ["hashhedge", "whatif", "RIOT", *CHANGES, "-o", "json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    found = json.loads(capsys.readouterr().out)
    assert found["market"]["origin"] == "synthetic"
    assert all("synthetic" in i["source"] for i in found["market"]["inputs"] if i["source"])
    margin = next(m for m in found["metrics"] if m["metric"] == "mining_margin_ratio")
    hashprice = next(m for m in found["metrics"] if m["metric"] == "hashprice_usd_ph_day")
    assert hashprice["change_ratio"] == pytest.approx(0.8 / 1.05 - 1)
    cost = (1 - margin["before"]) * hashprice["before"]
    assert margin["after"] == pytest.approx(1 - cost / hashprice["after"])


def test_the_page_is_for_80_columns_and_marks_what_is_invented(tmp_path: Path) -> None:
    """The table says SYNTHETIC in its second line, shows points for a ratio, and fits."""
    said = hashhedge(
        "whatif", "RIOT", *CHANGES, "--power", "+10%", "--ai-revenue", "x2", cwd=tmp_path
    )
    assert said.code == 0, said.err
    assert "SYNTHETIC" in said.out.splitlines()[1]
    assert "mining_margin_ratio" in said.out
    assert " pp" in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_csv_has_a_row_for_each_number_and_says_what_market_it_is(tmp_path: Path) -> None:
    """A program that reads the rows sees the origin of the market in each of them."""
    said = hashhedge("whatif", "RIOT", *CHANGES, "--all", "-o", "csv", cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert {row["market"] for row in rows} == {"synthetic"}
    assert {row["company"] for row in rows} == {"RIOT"}
    margin = next(row for row in rows if row["metric"] == "mining_margin_ratio")
    assert float(margin["before"]) > float(margin["after"])


def test_given_numbers_take_the_markets_place_and_nothing_is_filled_in(tmp_path: Path) -> None:
    """With --market the rest of the market is unknown and named, not invented."""
    words = ("whatif", "RIOT", "--btc", "-20%", "--market", "btc_usd=60000", "--all", "-o", "json")
    found = hashhedge(*words, cwd=tmp_path).json
    assert found["market"]["origin"] == "given"
    assert found["changes"][0]["after"] == 48_000
    margin = next(m for m in found["metrics"] if m["metric"] == "mining_margin_ratio")
    assert (margin["before"], margin["reason"]) == (None, "missing:height")


def test_an_invented_market_with_a_number_given_says_both(tmp_path: Path) -> None:
    """Whoever mixes the two sees which number is whose."""
    words = ("whatif", "RIOT", "--btc", "-20%", "--market", "synthetic,btc_usd=50000")
    said = hashhedge(*words, cwd=tmp_path)
    assert said.out.splitlines()[1].endswith("not today's; given: btc_usd")
    assert "40,000" in said.out


def test_a_private_service_that_died_is_none_and_a_named_one_is_an_error(tmp_path: Path) -> None:
    """What a killed service left behind is not asked in vain for ever; a named Redis has to answer."""
    nowhere = "redis://127.0.0.1:1/0"
    left = Servers(
        redis_url=nowhere, mqtt_url="mqtt://127.0.0.1:1", mqtt_url_v311="", limits="", pid=1
    )
    (tmp_path / ".hashhedge").mkdir()
    (tmp_path / ".hashhedge" / RUNNING).write_bytes(msgspec.json.encode(left))
    said = hashhedge("whatif", "RIOT", *CHANGES, cwd=tmp_path)
    assert said.code == 0
    assert "not running" in said.err
    assert "SYNTHETIC" in said.out
    named = hashhedge("whatif", "RIOT", *CHANGES, "--redis-url", nowhere, cwd=tmp_path)
    assert (named.code, named.out) == (1, "")
    assert "ConnectionError" in named.err


def test_the_shock_of_the_article(tmp_path: Path) -> None:
    """HIVE with the article's revenues loses 27.3 % when BTC falls by 30 % (row C03)."""
    given = ("ai_revenue_usd=10.1e6", "mining_revenue_usd=102.1e6")
    said = hashhedge("whatif", "HIVE", *given, "--btc", "-30%", cwd=tmp_path)
    assert "revenue of AI and mining -27.3 % (mining -30.0 %; AI is 9.00 %" in said.out


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("RIOT",), "--btc -20%"),
        (("RIOT", "--btc", "20%"), "-20% or +5%"),
        (("RIOT", "--power", "4"), "USD/kWh"),
        (("RIOTT", *CHANGES), "RIOT"),
        (("RIOT", "--difficulty", "5"), "write +5%"),
        (("RIOT", "--set", "power_prise_usd_kwh=x2"), "power_price_usd_kwh"),
        (("RIOT", "--set", "power_price_usd_kwh"), "NAME=CHANGE"),
        (("RIOT", "--set", "mining_margin_ratio=x2"), "no input"),
        (("RIOT", "--btc", "-1%", "--set", "btc_usd=x2"), "changes twice"),
        (("RIOT", "--btc", "-1%", "--market", "btc=60000"), "btc_usd"),
    ],
)
def test_what_cannot_be_meant_exits_2_with_the_mend(
    words: tuple[str, ...], mend: str, tmp_path: Path
) -> None:
    """Nothing to change, a change that could be either, a wrong unit, a name: what, where, how."""
    said = hashhedge("whatif", *words, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert mend in said.err


def test_no_name_breaks_at_80_columns(tmp_path: Path) -> None:
    """The longest name stands on one line with its numbers whole."""
    said = hashhedge("whatif", "RIOT", *CHANGES, "--all", cwd=tmp_path)
    lines = said.out.splitlines()
    row = next(line for line in lines if line.startswith("forward_180d_hashprice_btc_ph_day "))
    assert "BTC/" in row
    assert all(len(line) <= 80 for line in lines)

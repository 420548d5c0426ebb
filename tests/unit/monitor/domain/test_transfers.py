"""Which transfers are told: known parties, above the amounts, never within one owner."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.notices import NoticeKind, notice_fault
from monitor.domain.transfers import (
    EXCHANGE_BTC,
    MINER_BTC,
    Party,
    PartyKind,
    Transfer,
    transfer_fault,
    transfer_notice,
)
from tests.worlds import NOON

COMPANIES = {"MARA": "MARA Holdings", "RIOT": "Riot Platforms"}
MARA = Party(name="MARA", kind=PartyKind.MINER)
BINANCE = Party(name="Binance", kind=PartyKind.EXCHANGE)
KRAKEN = Party(name="Kraken", kind=PartyKind.EXCHANGE)
NOBODY = Party()


def moved(btc: float | str | Decimal, sender: Party, receiver: Party) -> Transfer:
    """Return a transfer."""
    amount = Decimal(str(btc))
    return Transfer(txid="ab12", btc=amount, sender=sender, receiver=receiver, observed_at=NOON)


def test_a_miner_sends_to_an_exchange() -> None:
    """500 BTC from a miner to an exchange are an event about that miner (row L27)."""
    notice = transfer_notice(moved(500, MARA, BINANCE), "external/whales", COMPANIES)
    assert notice is not None
    assert (notice.kind, notice.id, notice.subject) == (NoticeKind.TRANSFER, "ab12", "MARA")
    assert notice.title == "500 BTC from the miner MARA to the exchange Binance"
    assert (notice.source, notice.observed_at) == ("external/whales", NOON)
    assert notice.figures == {
        "btc": "500",
        "from": "MARA",
        "from_kind": "miner",
        "to": "Binance",
        "to_kind": "exchange",
    }
    assert notice_fault(notice, NOON) == ""


@pytest.mark.parametrize("name", ["Binance", "binance", " BINANCE "])
def test_a_move_within_an_exchange_is_dropped(name: str) -> None:
    """5,000 BTC that stay with one exchange say nothing (row L27), however it is written."""
    within = moved(5_000, BINANCE, Party(name=name, kind=PartyKind.EXCHANGE))
    assert transfer_notice(within, "external/whales", COMPANIES) is None


def test_a_miner_that_moves_its_own_coins_is_dropped() -> None:
    """A treasury that changes wallets has sold nothing."""
    assert transfer_notice(moved(5_000, MARA, MARA), "external/whales", COMPANIES) is None


@pytest.mark.parametrize(
    ("sender", "receiver", "least"),
    [
        (MARA, BINANCE, MINER_BTC),
        (MARA, NOBODY, MINER_BTC),
        (NOBODY, MARA, MINER_BTC),
        (BINANCE, KRAKEN, EXCHANGE_BTC),
        (NOBODY, BINANCE, EXCHANGE_BTC),
        (BINANCE, Party(name="A fund", kind=PartyKind.OTHER), EXCHANGE_BTC),
    ],
)
def test_each_pair_has_its_amount(sender: Party, receiver: Party, least: Decimal) -> None:
    """It is told from the documented amount on and not a satoshi earlier."""
    assert transfer_notice(moved(least, sender, receiver), "s", COMPANIES) is not None
    below = least - Decimal("0.00000001")
    assert transfer_notice(moved(below, sender, receiver), "s", COMPANIES) is None


def test_strangers_are_never_told() -> None:
    """Two wallets that nobody knows move the whole supply, and it is no event."""
    fund = Party(name="A fund", kind=PartyKind.OTHER)
    assert transfer_notice(moved(21_000_000, NOBODY, fund), "s", COMPANIES) is None


def test_the_subject_is_a_tracked_miner_or_the_market() -> None:
    """A company's full name gives its ticker; a private miner and an exchange give none."""
    named = moved(500, Party(name="riot platforms", kind=PartyKind.MINER), BINANCE)
    private = moved(500, Party(name="F2Pool", kind=PartyKind.MINER), BINANCE)
    coinbase = moved(5_000, Party(name="RIOT", kind=PartyKind.EXCHANGE), KRAKEN)
    found = [transfer_notice(each, "s", COMPANIES) for each in (named, private, coinbase)]
    assert [notice.subject for notice in found if notice is not None] == ["RIOT", "", ""]


@pytest.mark.parametrize(
    ("transfer", "part"),
    [
        (moved("NaN", MARA, BINANCE), "btc"),
        (moved("Infinity", MARA, BINANCE), "btc"),
        (moved(0, MARA, BINANCE), "btc"),
        (moved(-5, MARA, BINANCE), "btc"),
        (moved(21_000_001, MARA, BINANCE), "btc"),
        (moved(500, Party(kind=PartyKind.MINER), BINANCE), "from.name"),
        (moved(500, MARA, Party(name="x" * 61, kind=PartyKind.EXCHANGE)), "to.name"),
        (moved(500, MARA, Party(name="a\nb", kind=PartyKind.EXCHANGE)), "to.name"),
    ],
)
def test_a_fault_names_the_part(transfer: Transfer, part: str) -> None:
    """What cannot be true is refused with the part that is wrong."""
    assert transfer_fault(transfer).startswith(part)
    with pytest.raises(ValueError, match=part):
        transfer_notice(transfer, "s", COMPANIES)


PARTIES = st.builds(
    Party, name=st.text(min_size=1, max_size=70), kind=st.sampled_from(list(PartyKind))
)
AMOUNTS = st.decimals(min_value="-1", max_value="3e7") | st.decimals()


@given(sender=PARTIES, receiver=PARTIES, btc=AMOUNTS)
def test_what_is_told_can_be_kept(sender: Party, receiver: Party, btc: Decimal) -> None:
    """Whatever the names and amounts: a notice is within every limit, or there is none."""
    transfer = Transfer(txid="t", btc=btc, sender=sender, receiver=receiver, observed_at=NOON)
    if transfer_fault(transfer):
        return
    notice = transfer_notice(transfer, "external/x", COMPANIES)
    assert notice is None or notice_fault(notice, NOON) == ""

"""Large transfers of bitcoin: which of them say something, and in what words. Pure.

A transfer counts only where sender or receiver is known to be a miner or an exchange; a wallet that
nobody has named moves coins for reasons nobody can tell. Coins that stay with one owner say nothing
either, however many they are: an exchange that fills its cold store has sold nobody anything.

What is left is told from these amounts on:

- 100 BTC where a miner takes part: the largest listed miners find about 25 a day, so it is several
  days of one of them;
- 1,000 BTC between an exchange and anybody but a miner: below it lies their daily traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from monitor.domain.notices import Notice, NoticeKind

MINER_BTC = Decimal(100)
EXCHANGE_BTC = Decimal(1_000)
MAX_BTC = Decimal(21_000_000)
MAX_PARTY = 60
MAX_TXID = 100
_PLACES = 8
"""A satoshi is the least there is of bitcoin."""


class PartyKind(StrEnum):
    """What is known of one side of a transfer."""

    MINER = "miner"
    EXCHANGE = "exchange"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of a transfer.

    Attributes:
        name: as the source writes it, `Binance`, or the ticker of a listed miner; may be empty
            where the kind is unknown.
        kind: what it is.

    """

    name: str = ""
    kind: PartyKind = PartyKind.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transaction between two parties.

    Attributes:
        txid: the transaction's id, the same for everybody who sees it.
        btc: how much went over, BTC.
        sender: from whom.
        receiver: to whom.
        observed_at: when it was seen or mined, the source's time, ms UTC.

    """

    txid: str
    btc: Decimal
    sender: Party
    receiver: Party
    observed_at: int


def transfer_fault(transfer: Transfer) -> str:
    """Return what is wrong with a transfer, in words with the way to mend it; empty: nothing."""
    if not (0 < len(transfer.txid) <= MAX_TXID and transfer.txid.isprintable()):
        return f"txid: 1 to {MAX_TXID} printable characters"
    if not (transfer.btc.is_finite() and 0 < transfer.btc <= MAX_BTC):
        return f"btc: a number above 0 and up to {MAX_BTC:,}"
    for side, party in (("from", transfer.sender), ("to", transfer.receiver)):
        name = party.name.strip()
        if len(name) > MAX_PARTY or not name.isprintable():
            return f"{side}.name: at most {MAX_PARTY} printable characters"
        if not name and party.kind is not PartyKind.UNKNOWN:
            return f"{side}.name: say who the {party.kind.value} is"
    return ""


def transfer_notice(transfer: Transfer, source: str, companies: Mapping[str, str]) -> Notice | None:
    """Return what is told of a transfer that `source` saw; None where it says nothing.

    `companies` are the names of the tracked companies by ticker: a miner among them is what the
    notice is about.

    Raises:
        ValueError: the transfer has a fault, see `transfer_fault`.

    """
    fault = transfer_fault(transfer)
    if fault:
        raise ValueError(fault)
    sender, receiver = transfer.sender, transfer.receiver
    least = _least_btc(sender, receiver)
    if least is None or transfer.btc < least:
        return None
    amount = round(transfer.btc, _PLACES).normalize()
    return Notice(
        kind=NoticeKind.TRANSFER,
        id=transfer.txid,
        subject=_subject(sender, companies) or _subject(receiver, companies),
        title=f"{amount:,f} BTC from {_words(sender)} to {_words(receiver)}",
        observed_at=transfer.observed_at,
        source=source,
        figures={
            "btc": f"{amount:f}",
            "from_kind": sender.kind.value,
            "to_kind": receiver.kind.value,
            **({"from": sender.name.strip()} if sender.name.strip() else {}),
            **({"to": receiver.name.strip()} if receiver.name.strip() else {}),
        },
    )


def _least_btc(sender: Party, receiver: Party) -> Decimal | None:
    """Return the amount from which on a transfer between the two is told; None: never."""
    kinds = {sender.kind, receiver.kind}
    if kinds.isdisjoint({PartyKind.MINER, PartyKind.EXCHANGE}) or _same_owner(sender, receiver):
        return None
    return MINER_BTC if PartyKind.MINER in kinds else EXCHANGE_BTC


def _same_owner(sender: Party, receiver: Party) -> bool:
    return sender.name.strip().casefold() == receiver.name.strip().casefold() != ""


def _subject(party: Party, companies: Mapping[str, str]) -> str:
    """Return the ticker of a miner that is tracked, by its ticker or its name; else nothing."""
    if party.kind is not PartyKind.MINER:
        return ""
    said = party.name.strip()
    if said in companies:
        return said
    return next((t for t, name in companies.items() if name.casefold() == said.casefold()), "")


def _words(party: Party) -> str:
    name = party.name.strip()
    match party.kind:
        case PartyKind.MINER | PartyKind.EXCHANGE:
            return f"the {party.kind.value} {name}"
        case _:
            return name or "an unknown wallet"

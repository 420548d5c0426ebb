"""From a posted body to quotes and notices, or the one thing that is wrong with it. Pure.

`{"quotes": [...], "notices": [...], "transfers": [...]}`, each in the shape of docs/ingest.md; what
the sender writes as `source` does not count: that is its name in the address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from monitor.core.clock import Millis
from monitor.domain.events import Quote
from monitor.domain.notices import Notice
from monitor.domain.symbols import symbol_of
from monitor.domain.transfers import Party, Transfer, transfer_fault, transfer_notice
from monitor.store.codec import (
    MAX_QUOTES,
    MalformedTickError,
    check_notice,
    check_quote,
    strange_number,
)

LISTS = ("quotes", "notices", "transfers")
MAX_FRESH_MS = 31 * 86_400_000
MAX_MOMENT = 2**53
_SUBJECT = re.compile(r"[A-Z0-9.-]{0,15}")
_Item = TypeVar("_Item")
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class MalformedBodyError(ValueError):
    """A posted body does not keep the contract; the text says where and what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What a sender told in one request.

    Attributes:
        quotes: what is worth what.
        notices: what happened, transfers that say something among them.
        dropped_transfers: how many transfers say nothing.

    """

    quotes: tuple[Quote, ...]
    notices: tuple[Notice, ...]
    dropped_transfers: int


class _TransferItem(msgspec.Struct, frozen=True, kw_only=True):
    txid: str
    btc: Decimal
    sender: Party = msgspec.field(name="from")
    receiver: Party = msgspec.field(name="to")
    observed_at: int


def read_inbound(body: bytes, source: str, companies: Mapping[str, str], now: Millis) -> Inbound:
    """Return what `body` tells, under `source`; all of it can be kept, or none is returned.

    `companies` are the names of the tracked companies by ticker.

    Raises:
        MalformedBodyError: no JSON of that shape, too many items, or one that cannot be kept.

    """
    lists = _lists(body)
    quotes = [
        _quote(f"quotes[{place}]", item, source, companies)
        for place, item in enumerate(lists["quotes"])
    ]
    notices = [
        _notice(f"notices[{place}]", item, source, now)
        for place, item in enumerate(lists["notices"])
    ]
    told = [
        _told(f"transfers[{place}]", item, source, companies, now)
        for place, item in enumerate(lists["transfers"])
    ]
    kept = [notice for notice in told if notice is not None]
    return Inbound(
        quotes=tuple(quotes),
        notices=(*notices, *kept),
        dropped_transfers=len(told) - len(kept),
    )


def _lists(body: bytes) -> Mapping[str, Sequence[Any]]:
    strange = strange_number(body)
    if strange:
        raise MalformedBodyError(f"a {strange} is no plain number")
    try:
        found = _decode(body)
    except (msgspec.DecodeError, ValueError, ArithmeticError) as error:
        raise MalformedBodyError(f"the body is no JSON: {str(error)[:200]}") from error
    except RecursionError as error:
        raise MalformedBodyError("the body is nested too deep") from error
    if not isinstance(found, dict):
        raise MalformedBodyError(f"the body is no object with {', '.join(LISTS)}")
    unknown = sorted(set(found) - set(LISTS))
    if unknown:
        raise MalformedBodyError(f"unknown field {unknown[0][:40]!r}; there are {', '.join(LISTS)}")
    lists = {name: found.get(name, []) for name in LISTS}
    for name, items in lists.items():
        if not isinstance(items, list):
            raise MalformedBodyError(f"{name}: expected a list")
    count = sum(map(len, lists.values()))
    if not 1 <= count <= MAX_QUOTES:
        raise MalformedBodyError(f"{count} items; 1 to {MAX_QUOTES} in one request")
    return lists


def _quote(place: str, item: object, source: str, companies: Mapping[str, str]) -> Quote:
    quote = _converted(place, _named(place, item, source), Quote)
    _checked(place, lambda: check_quote(quote))
    _check_moment(place, quote.observed_at)
    if quote.backfilled:
        raise MalformedBodyError(f"{place}.backfilled: the past is filled over the stream")
    fresh = quote.fresh_ms
    if fresh is None:
        fresh = symbol_of(quote.instrument, companies).fresh_ms
    if not 1 <= fresh <= MAX_FRESH_MS:
        raise MalformedBodyError(f"{place}.fresh_ms: 1 to {MAX_FRESH_MS}")
    return structs.replace(
        quote, fresh_ms=fresh, received_at=None
    )  # it is received when it is taken


def _notice(place: str, item: object, source: str, now: Millis) -> Notice:
    notice = _converted(place, _named(place, item, source), Notice)
    _check_told(place, notice, now)
    return notice


def _told(
    place: str, item: object, source: str, companies: Mapping[str, str], now: Millis
) -> Notice | None:
    """Return the notice of a transfer; None where it says nothing."""
    found = _converted(place, item, _TransferItem)
    transfer = Transfer(
        txid=found.txid,
        btc=found.btc,
        sender=found.sender,
        receiver=found.receiver,
        observed_at=found.observed_at,
    )
    fault = transfer_fault(transfer)
    if fault:
        raise MalformedBodyError(f"{place}.{fault}")
    _check_moment(place, transfer.observed_at)
    notice = transfer_notice(transfer, source, companies)
    if notice is not None:
        _check_told(place, notice, now)
    return notice


def _named(place: str, item: object, source: str) -> Mapping[str, object]:
    if not isinstance(item, dict):
        raise MalformedBodyError(f"{place}: expected an object")
    return {**item, "source": source}


def _converted(place: str, item: object, kind: type[_Item]) -> _Item:
    try:
        return msgspec.convert(item, kind)
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        message, _, path = str(error).partition(" - at `$")
        raise MalformedBodyError(f"{place}{path.rstrip('`')}: {message[:200]}") from error


def _checked(place: str, check: Callable[[], None]) -> None:
    try:
        check()
    except MalformedTickError as error:
        raise MalformedBodyError(f"{place}: {error}") from error


def _check_told(place: str, notice: Notice, now: Millis) -> None:
    _check_moment(place, notice.observed_at)
    if not _SUBJECT.fullmatch(notice.subject):
        raise MalformedBodyError(f"{place}.subject: a ticker in capitals, or nothing")
    _checked(place, lambda: check_notice(notice, now))


def _check_moment(place: str, moment: int) -> None:
    if not 0 < moment < MAX_MOMENT:
        raise MalformedBodyError(f"{place}.observed_at: milliseconds since 1970, UTC")

"""A person's watch list: which companies and instruments, under which name. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
MAX_SYMBOLS = 500
MAX_LISTS = 200
_OWN = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_EXCHANGE = re.compile(r"^[A-Z][A-Z0-9_ ]*:")
_BREAKS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a person wrote, sorted by what it is.

    Attributes:
        symbols: tickers of the books and instruments, as they are called today, each once.
        doubtful: those of them that nothing here quotes; they must come by the ingest contract.
        unknown: words that are nothing.

    """

    symbols: tuple[str, ...]
    doubtful: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def recognised(
    words: Iterable[str], tickers: Mapping[str, str], instruments: Collection[str]
) -> Recognised:
    """Return what `words` name.

    `tickers` has the present ticker of each name that a company has or had, `instruments` what
    feeds quote beside them. The exchange before a colon, as charts write it, is left out.
    """
    symbols: dict[str, None] = {}
    doubtful: list[str] = []
    unknown: list[str] = []
    for word in words:
        symbol = _EXCHANGE.sub("", word.strip())
        if symbol in instruments:
            symbols[symbol] = None
        elif symbol.upper() in tickers:
            symbols[tickers[symbol.upper()]] = None
        elif _OWN.fullmatch(symbol):
            symbols[symbol] = None
            doubtful.append(symbol)
        else:
            unknown.append(word.strip())
    return Recognised(tuple(symbols), tuple(doubtful), tuple(unknown))


def words_of(text: str) -> list[str]:
    """Return the words of a plain list: one a line, or parted by commas; `#` begins a remark."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    return [word for line in lines for word in _BREAKS.split(line) if word]

"""Headlines about tracked companies, from an RSS or Atom feed of your choice. Title and link alone.

Give its address as `base_url` in the feeds book; without one the feed is off. A headline counts when
it has the company's name or its ticker as an exchange writes it; the words are the source's, so
nothing but the title is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

from monitor.core.clock import parse_iso
from monitor.core.errors import BadQuote
from monitor.domain.notices import MAX_TITLE, Notice, NoticeKind
from monitor.feeds.answers import shown
from monitor.feeds.base import Answer, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

MAX_ITEMS = 200
MAX_ADDRESS = 300
_ATOM = "{http://www.w3.org/2005/Atom}"
_MS = 1_000


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Notice]:
    """Ask once; each headline goes to every company that it names."""
    answer = await http.get(spec.base_url)
    root = _parsed(spec.name, answer)
    items = [*root.iter("item"), *root.iter(f"{_ATOM}entry")]
    if not items and root.tag not in {"rss", f"{_ATOM}feed"}:
        raise BadQuote(f"{spec.name}: the answer is no RSS or Atom", reason=Reason.WRONG_TYPE)
    return [notice for item in items[:MAX_ITEMS] for notice in _about(spec, item)]


def _parsed(provider: str, answer: Answer) -> ET.Element:
    # a document type may define entities that grow to gigabytes
    if "<!DOCTYPE" in answer.body.upper() or "<!ENTITY" in answer.body.upper():
        raise BadQuote(f"{provider}: the answer has a document type", reason=Reason.WRONG_TYPE)
    try:
        return ET.fromstring(answer.body.strip().encode())  # noqa: S314 - no entities, see above
    except ET.ParseError as error:
        message = f"{provider}: the answer is no XML: {shown(answer.body)}"
        raise BadQuote(message, reason=Reason.NOT_JSON) from error


def _about(spec: FeedSpec, item: ET.Element) -> Iterator[Notice]:
    title = " ".join(_text(item, "title").split())[:MAX_TITLE]
    url = _link(item)
    if not title or not url:
        return
    for ticker, name in spec.instruments.items():
        if named(title, ticker, name):
            yield Notice(
                kind=NoticeKind.NEWS,
                id=url,
                subject=ticker,
                title=title,
                observed_at=_published(spec.name, item),
                source=spec.name,
                url=url,
            )


def named(title: str, ticker: str, name: str) -> bool:
    """Tell whether a headline names a company: by its name, or by its ticker in capitals.

    A ticker of a common word (`CAN`, `HUT`) counts only as exchanges write it: `$CAN`, `(CAN)`,
    `NASDAQ: CAN`.
    """
    if re.search(rf"\b{re.escape(name)}\b", title, re.IGNORECASE):
        return True
    mark = re.escape(ticker)
    return bool(re.search(rf"\${mark}\b|\({mark}\)|\b(?:NASDAQ|NYSE|TSXV?):\s?{mark}\b", title))


def _text(item: ET.Element, tag: str) -> str:
    return item.findtext(tag) or item.findtext(f"{_ATOM}{tag}") or ""


def _link(item: ET.Element) -> str:
    atom = item.find(f"{_ATOM}link")
    href = "" if atom is None else atom.get("href") or ""
    url = (item.findtext("link") or href).strip()
    return url if url.startswith("https://") and len(url) <= MAX_ADDRESS else ""


def _published(provider: str, item: ET.Element) -> int:
    stated = (item.findtext("pubDate") or _text(item, "updated")).strip()
    try:
        if stated[:4].isdigit():
            return parse_iso(stated)
        return round(parsedate_to_datetime(stated).timestamp() * _MS)
    except (ValueError, OverflowError) as error:
        message = f"{provider}: a headline's time is {shown(stated)}, expected a date"
        raise BadQuote(message, reason=Reason.WRONG_TYPE) from error


FEED = Feed(
    FeedSpec(
        name="headlines",
        base_url="https://headlines.invalid",
        instruments={
            "CORZ": "Core Scientific",
            "HUT": "Hut 8",
            "HIVE": "HIVE Digital",
            "IREN": "IREN",
            "RIOT": "Riot Platforms",
            "MARA": "MARA Holdings",
            "CAN": "Canaan",
            "CRWV": "CoreWeave",
            "CLSK": "CleanSpark",
            "CIFR": "Cipher Digital",
            "WULF": "TeraWulf",
            "BTDR": "Bitdeer",
            "APLD": "Applied Digital",
            "GLXY": "Galaxy Digital",
            "BTBT": "Bit Digital",
            "KEEL": "Keel Infrastructure",
        },
        interval_s=300,
        timeout_s=20,
        fresh_s=3_600,
        requests_per_minute=2,
        licence="The publisher's; title and link for own use, no text.",
        max_bytes=2_097_152,
        headers={"Accept": "application/rss+xml, application/atom+xml, application/xml"},
        notices=True,
        enabled=False,
    ),
    fetch,
)

"""What an instrument is: its name, kind, labels and the words they may hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "hashhedge_"
OTHER = "other"


class Kind(StrEnum):
    """The Prometheus type of an instrument."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Label:
    """A label's name and the words it may hold; None where only the books know them."""

    name: str
    words: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument, declared.

    Attributes:
        name: full name, ending in its unit; counters end in `_total`.
        kind: counter, gauge or histogram.
        help: one sentence for the person who reads `/metrics`.
        labels: each with its closed set of words.
        buckets: upper bounds in seconds, histograms only.
        starts: the label values that exist from the first scrape on; None means all of them.

    """

    name: str
    kind: Kind
    help: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    starts: tuple[tuple[str, ...], ...] | None = None


def counter(
    name: str,
    help_text: str,
    *labels: Label,
    starts: tuple[tuple[str, ...], ...] | None = None,
) -> Instrument:
    """Declare a counter; `name` is without the prefix and ends in `_total`."""
    return Instrument(f"{PREFIX}{name}", Kind.COUNTER, help_text, labels, starts=starts)


def gauge(name: str, help_text: str, *labels: Label) -> Instrument:
    """Declare a gauge; `name` is without the prefix."""
    return Instrument(f"{PREFIX}{name}", Kind.GAUGE, help_text, labels)


def histogram(name: str, help_text: str, buckets: tuple[float, ...], *labels: Label) -> Instrument:
    """Declare a histogram of seconds; `name` is without the prefix."""
    return Instrument(f"{PREFIX}{name}", Kind.HISTOGRAM, help_text, labels, buckets)

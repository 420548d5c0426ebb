"""How many alerts a digest is about, also beyond those that have a line."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.desk.shared_notices import digest_notice, overflow_notice
from alerts.model import Severity
from alerts.pacing.capping import CapRecord, Overflow
from alerts.pacing.digest import (
    MAX_BEYOND,
    MAX_LINES,
    NO_LINES,
    Digest,
    digest_of,
    line_of,
    name_of,
)
from alerts.pacing.grouping import Flush
from tests.transitions import transition

LINE = line_of(transition(severity=Severity.WARNING))
ALL = MAX_LINES + MAX_BEYOND
SPAN = st.tuples(st.integers(0, 150), st.integers(0, 150))


def of_alerts(numbers: range) -> Digest:
    """Return a digest of these alerts."""
    digest = NO_LINES
    for number in numbers:
        digest = digest.with_line(replace(LINE, key=f"C{number}"))
    return digest


def test_an_alert_without_a_line_is_counted_once() -> None:
    """What it does next is no further alert."""
    digest = of_alerts(range(MAX_LINES + 2))
    assert (len(digest.lines), digest.more, digest.at_least) == (MAX_LINES, 2, False)
    last = replace(LINE, key=f"C{MAX_LINES}")
    assert digest.with_line(last) == digest


def test_beyond_its_names_a_digest_says_that_there_are_more() -> None:
    """Who counts no names counts changes; so the number says that it is no longer all."""
    digest = of_alerts(range(ALL))
    assert (len(digest), digest.at_least) == (ALL, False)
    over = of_alerts(range(ALL + 7))
    assert (len(over), over.at_least, over.beyond) == (ALL, True, digest.beyond)
    told = digest_notice("market", Flush(0, 1, digest=over), 0)
    assert told.summary.startswith("1100+ alerts together, 100 fire, 1000+ more: C0, C1")
    assert " and 1092+ more. The loudest:" in told.summary
    held = overflow_notice("phone", Overflow(5_000, NO_LINES.with_all(over)), 0)
    assert held.summary.startswith("5000 held by the cap phone, 100 fire, 1000+ more: C0, C1")
    assert (told.more, held.more) == (MAX_BEYOND, MAX_BEYOND)


@settings(max_examples=60, deadline=None)
@given(st.lists(SPAN, min_size=1, max_size=4))
def test_what_is_in_several_digests_is_counted_once(spans: list[tuple[int, int]]) -> None:
    """However digests overlap, all of them are about as many alerts as have a name in one."""
    digest, names = NO_LINES, set[str]()
    for first, count in spans:
        later = of_alerts(range(first, first + count))
        digest = digest.with_all(later)
        names |= {*map(name_of, later.lines), *later.beyond}
        known = [*map(name_of, digest.lines), *digest.beyond]
        assert sorted(known) == sorted(names)
        assert (len(digest), digest.at_least) == (len(names), False)


def test_what_a_digest_is_told_by_has_its_lines_and_its_count() -> None:
    """So that a notice of which nothing else is known is held as what it says."""
    alone = transition(key="HIVE")
    assert digest_of(alone) == Digest((line_of(alone),))
    said = digest_notice("market", Flush(0, 1, digest=of_alerts(range(MAX_LINES + 3))), 0)
    held = of_alerts(range(1)).with_all(digest_of(said))
    assert (len(held), held.beyond) == (MAX_LINES + 3, ())


def test_a_record_of_an_earlier_release_is_read() -> None:
    """It counted and kept no names: its count stays, and alerts from now on have theirs."""
    line = msgspec.json.encode(LINE).decode()
    body = f'{{"held":9,"digest":{{"lines":[{",".join([line] * MAX_LINES)}],"more":6}}}}'
    digest = msgspec.json.decode(body, type=CapRecord).digest
    assert (len(digest), digest.at_least) == (MAX_LINES + 6, False)
    other = replace(LINE, key="HIVE")
    again = digest.with_line(other).with_line(other)
    assert (again.more, again.beyond) == (7, (name_of(other),))

"""What one subject's message weighs at its largest, under the rulebook that comes with hashhedge (row F30)."""

from __future__ import annotations

from alerts.rulebook import load_rulebook
from alerts.schemas.builders import Stamp, company_state
from alerts.schemas.payloads import encode
from monitor.app.world import World, find_rule_types, packaged_rules
from monitor.domain.companies import Companies
from monitor.domain.events import Quality, Reading
from monitor.nyse import nyse_calendar
from tests.worlds import CATALOGUE, NOON

MOST_BYTES = 4_096
"""What a watch or a small device takes."""
WIDEST = Reading(-12345.678901234567, Quality.NOT_APPLICABLE, "r" * 40, observed_at=NOON)
STAMP = Stamp(run="f882c35f-1a219c01bb5", seq=999_999_999, sent_at=NOON)


def test_a_company_is_no_larger_than_a_watch_takes() -> None:
    """Each reading that is shown, at its widest, must fit into one small message."""
    rulebook = load_rulebook(packaged_rules("rules"), find_rule_types())
    world = World(Companies({}), rulebook, (), CATALOGUE, nyse_calendar())
    shown = {metric.name: metric.unit for metric in CATALOGUE if metric.name in world.shown_names()}
    assert len(shown) > 10
    readings = {name: (WIDEST, unit) for name, unit in shown.items()}
    assert len(encode(company_state("BITMAIN", readings, STAMP, computed_at=NOON))) <= MOST_BYTES

"""How far every threshold rule is from firing: what may ring next. Pure.

The distance of a ratio is counted in its own unit, since percent of a percent mislead; that of
anything else as a share of the value, so that bitcoin and a hashprice stand in one order.
"""

from __future__ import annotations

from alerts.engine import state_of
from alerts.model import AlertState
from alerts.rules.threshold import ThresholdRule
from monitor.compute.situation import Record
from monitor.compute.step import Step
from monitor.domain.events import Quality, Reading


def near(step: Step) -> list[Record]:
    """Return each threshold rule and subject, the nearest to firing first.

    Then come those that fire already, and last those that cannot be judged, with the reason. What
    does not apply (a mine to an AI host, a tenant to who has none) is left out: it never rings.
    """
    units = {name: target.unit for name, target in step.targets(()).items()}
    rows: list[Record] = []
    for rule, company, key, record in step.watch.bindings():
        reading = step.reading(rule.on, company)
        if not isinstance(rule, ThresholdRule) or reading.quality is Quality.NOT_APPLICABLE:
            continue
        state = state_of(record, reading)
        above, level = _level(rule)
        unit = units.get(rule.on, "")
        known = reading.value is not None and reading.quality.usable
        rows.append(
            {
                "rule": rule.id,
                "subject": key,
                "target": rule.on,
                "unit": unit,
                "state": state.value,
                "severity": rule.severity.value,
                "value": reading.value,
                "fires": "above" if above else "below",
                "level": level,
                "distance": _distance(reading, above=above, level=level) if known else None,
                "distance_percent": None,
                "quality": reading.quality.word,
                "reason": None if known else reading.reason or reading.quality.word,
            }
        )
        _measure(rows[-1])
    return sorted(rows, key=_order)


def _level(rule: ThresholdRule) -> tuple[bool, float]:
    """Return whether a rule fires above its level, and the level."""
    if rule.above is not None:
        return True, rule.above
    return False, rule.edges()[0]


def _distance(reading: Reading, *, above: bool, level: float) -> float | None:
    """Return how far the value has to go, in its unit; 0 where it is there or beyond."""
    if reading.value is None:
        return None
    return max(0.0, level - reading.value if above else reading.value - level)


def _measure(row: Record) -> None:
    """Add the distance in percent: points of a ratio, else percent of the value."""
    distance, value = row["distance"], row["value"]
    if row["state"] == AlertState.FIRING.value:
        row["distance"] = None
    elif distance is not None and row["unit"] == "ratio":
        row["distance_percent"] = distance * 100
    elif distance is not None and value:
        row["distance_percent"] = distance / abs(value) * 100


def _order(row: Record) -> tuple[int, float, str, str]:
    """Return a sorting key: by distance, then what fires, then what is unknown."""
    percent = row["distance_percent"]
    if row["reason"] is not None:
        group = 3
    elif row["state"] == AlertState.FIRING.value:
        group = 2
    else:
        group = 0 if percent is not None else 1  # a value of 0 has no percent
    return group, percent or 0.0, row["rule"], row["subject"]

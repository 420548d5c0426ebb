"""One metric from given numbers, as `hashhedge calc` works it out."""

from __future__ import annotations

from collections.abc import Mapping

from tests.worlds import CATALOGUE


def value_of(name: str, numbers: Mapping[str, float]) -> float:
    """Return the value of a metric that must have one."""
    found = CATALOGUE.evaluate(name, numbers)
    assert found.value is not None, found.reason
    return found.value


def reason_of(name: str, numbers: Mapping[str, float]) -> str:
    """Return the reason of a metric that must have no value."""
    found = CATALOGUE.evaluate(name, numbers)
    assert found.value is None
    return found.reason

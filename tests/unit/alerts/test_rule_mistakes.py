"""All mistakes of a rule at once: each with its own place, and none that another one made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rule_mistakes import mistakes
from alerts.rulebook import load_rulebook
from alerts.rules.band import BandRule
from alerts.rules.base import Rule
from alerts.rules.crossing import CrossingRule
from alerts.rules.threshold import ThresholdRule
from monitor.core.errors import ConfigErrors
from monitor.core.yamltext import parse_document

TYPES: Sequence[type[Rule]] = [ThresholdRule, CrossingRule, BandRule]
RIGHT: dict[str, Any] = {
    "id": "a",
    "type": "threshold",
    "on": "BTC-USD",
    "above": 5,
    "companies": ["HIVE", "RIOT"],
    "severity": "warning",
    "steps": [{"after": "5m", "severity": "critical"}],
    "notify": {"cooldown": "5m"},
}


def found(rule: str) -> list[str]:
    """Return what is wrong with a rule in flow style, each in words."""
    document = parse_document(f"rules:\n  - {rule}\n", "rules.yaml")
    return [it.message for it in mistakes(document, TYPES, "rules", 0)]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{id: a, type: threshold, on: BTC-USD, above: 5}", []),
        (
            "{id: a, type: threshold, on: X, abov: 5, mode: sahdow, for: 5, notify: {cooldwn: 5m}}",
            ["unknown field `abov`", "'sahdow'", "expected `str`", "unknown field `cooldwn`"],
        ),
        ("{id: a, type: thresold, on: X, above: 5}", ["'thresold'"]),
        ("{type: threshold, on: X, above: ten}", ["expected `float", "missing field `id`"]),
        ("{id: a, type: crossing, on: X}", ["give exactly one of `up`, `down` and `either`"]),
        ("{id: a, type: crossing, on: X, upp: 5}", ["unknown field `upp`"]),
        ("{id: a, type: band, on: X, inside: [3]}", ["expected `array` of length 2"]),
        ("{id: a, type: threshold, on: X, above: 5, companies: [3, 4]}", ["expected `str`"]),
        (
            "{id: a, type: threshold, on: X, above: 5, steps: [{after: 5m, severity: lod}], modd: x}",
            ["'lod'", "unknown field `modd`"],
        ),
        ("{id: a, type: threshold, onn: X, above: 5}", ["unknown field `onn`"]),
        ("nothing", ["expected `object`"]),
    ],
)
def test_each_mistake_is_told_once_and_none_that_follows_from_another(
    rule: str, words: list[str]
) -> None:
    """In the order in which the rule is written, what it leaves out last."""
    said = found(rule)
    assert len(said) == len(words)
    for told, word in zip(said, words, strict=True):
        assert word in told


def test_a_book_tells_the_mistakes_of_all_its_rules(tmp_path: Path) -> None:
    """Each with its own line, so that one run is enough."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "rules:\n"
        "  - id: a\n    type: threshold\n    on: BTC-USD\n    abov: 5\n    severity: loud\n"
        "  - id: b\n    type: threshold\n    on: BTC-USD\n    above: x\n"
    )
    with pytest.raises(ConfigErrors) as caught:
        load_rulebook(path, TYPES)
    lines = [int(it.where.rpartition(":")[2]) for it in caught.value.problems]
    assert lines == [5, 6, 10]


@given(st.sets(st.sampled_from(sorted(RIGHT)), max_size=4), st.booleans())
def test_as_many_are_told_as_were_made(spoilt: set[str], extra: bool) -> None:
    """A value that no field may have, in any of the fields, and a field that there is not."""
    rule = RIGHT | {name: {"no": "thing"} for name in spoilt} | ({"nope": 1} if extra else {})
    document = parse_document("rules:\n  - {}\n", "rules.yaml")
    document.data["rules"] = [rule]
    told = mistakes(document, TYPES, "rules", 0)
    # by a type that there is not nothing else can be read
    assert len(told) == (1 if "type" in spoilt else len(spoilt) + extra)
    assert document.data["rules"][0] is rule

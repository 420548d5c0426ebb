"""One rule with many levels: what each would have told. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.rules.base import Rule
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest

MAX_LEVELS = 200
WHERE = "--sweep"
_HINT = "write below=58000,59000,60000 or below=58000..62000x9; rule.below=… in a book of several"
_RANGE = re.compile(r"(?P<first>[^.x]+(?:\.\d+)?)\.\.(?P<last>[^x]+)x(?P<many>\d+)")


def parsed(text: str, rules: Sequence[Rule]) -> tuple[Rule, str, list[float]]:
    """Return the rule, the field and the levels that `[RULE.]FIELD=LEVELS` names.

    Raises:
        ConfigError: there is no such rule or level, or no number.

    """
    left, equals, right = text.partition("=")
    name, _, field = left.rpartition(".")
    if not equals or not field:
        raise ConfigError(f"`{text}` is no sweep", where=WHERE, hint=_HINT)
    rule = _named(name, rules)
    numbers = [
        it
        for it in rule.__struct_fields__
        if isinstance(getattr(rule, it), float) and it != "recover"
    ]
    if field == "level" and len(numbers) == 1:
        field = numbers[0]
    if field not in numbers:
        problem = f"rule `{rule.id}` has no level `{field}`"
        raise ConfigError(problem, where=WHERE, hint=nearest(field, numbers))
    return rule, field, _levels(right)


def _named(name: str, rules: Sequence[Rule]) -> Rule:
    """Return the rule of that id; without one the only rule that there is."""
    found = {rule.id: rule for rule in rules}
    if not name and len(found) == 1:
        return rules[0]
    if name not in found:
        problem = f"no rule `{name}`" if name else "the book has several rules"
        raise ConfigError(problem, where=WHERE, hint=nearest(name, found) if name else _HINT)
    return found[name]


def _levels(text: str) -> list[float]:
    try:
        spread = _RANGE.fullmatch(text)
        if spread is None:
            levels = [float(word) for word in text.split(",")]
        else:
            first, last, many = float(spread["first"]), float(spread["last"]), int(spread["many"])
            if not 1 < many <= MAX_LEVELS:
                raise ValueError(f"{many} levels")  # noqa: TRY301  # one mend for all
            levels = [first + (last - first) * it / (many - 1) for it in range(many)]
    except ValueError as error:
        raise ConfigError(f"`{text}` is no list of levels", where=WHERE, hint=_HINT) from error
    if len(levels) > MAX_LEVELS:
        raise ConfigError(f"more than {MAX_LEVELS} levels", where=WHERE, hint=_HINT)
    return levels


def variants(rule: Rule, field: str, levels: Sequence[float]) -> list[Rule]:
    """Return the rule at each level, `<id>` numbered; a recovery level keeps its distance.

    Raises:
        ConfigError: the rule is not possible at a level.

    """
    made: list[Rule] = []
    recover = getattr(rule, "recover", None)
    for number, level in enumerate(levels):
        manner = msgspec.structs.replace(rule.manner, overrides=None)
        changed: dict[str, Any] = {"id": f"sweep-{number}", field: level, "manner": manner}
        if recover is not None:
            changed["recover"] = recover + level - getattr(rule, field)
        try:
            made.append(msgspec.structs.replace(rule, **changed))
        except ValueError as error:
            problem = f"rule `{rule.id}` cannot have {field} {level:g}: {error}"
            raise ConfigError(problem, where=WHERE, hint="leave this level out") from error
    return made

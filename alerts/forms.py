"""How a rulebook writes names, and how the rules of users are told from those of the rulebook."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

RuleId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A rule's id, and the name of what rules share: part of topics and ids."""
OWNER = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""The name of a user who may have rules."""
OWNER_FORM = "use 1 to 32 of a-z, 0-9, - and _, a letter or digit first"
"""That in words, as a mend."""
_BETWEEN = "."
"""In no id of a rulebook and in no user's name, and a plain character in topics: nothing clashes."""


def owned_id(owner: str, rule: str) -> str:
    """Return the id at work of a user's rule: `ana.iren-quarter`."""
    return f"{owner}{_BETWEEN}{rule}"


def owned_word(rule: str) -> str:
    """Return the id by which its owner knows a rule: `iren-quarter` of `ana.iren-quarter`."""
    return rule.partition(_BETWEEN)[2]


def owner_of_alert(name: str) -> str:
    """Return whose an alert is by its name, `rule|key`; empty: everybody's."""
    return owner_of(name.partition("|")[0])


def owner_of(rule: str) -> str:
    """Return whose rule it is by its id at work; empty: the rulebook's."""
    owner, between, _ = rule.partition(_BETWEEN)
    return owner if between else ""

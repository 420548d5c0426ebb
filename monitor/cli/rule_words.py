"""A rule in a few words, as tables show it."""

from __future__ import annotations

from alerts.rules.base import Rule


def condition_of(rule: Rule) -> str:
    """Return the fields that the rule's type adds, for instance `below 0.25, recover 0.3`."""
    own = [name for name in rule.__struct_fields__ if name not in Rule.__struct_fields__]
    values = {name: getattr(rule, name) for name in own}
    return ", ".join(
        f"{name} {value:.10g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
        if value is not None
    )

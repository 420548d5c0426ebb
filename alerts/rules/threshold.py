"""A value above or below a level."""

from __future__ import annotations

from alerts.rules.levels import LevelRule


class ThresholdRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="threshold",
    tag_field="type",
):
    """Fire above or below a level; the value itself decides, at each of its readings."""


RULE = ThresholdRule

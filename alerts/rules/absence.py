"""A deadman: nothing usable is known of what should exist, be it that it was never heard of."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.life import window_ms

ABSENT, PRESENT = 0.0, 1.0


class AbsenceRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="absence", tag_field="type"
):
    """Fire when the value has been missing, stale or disputed for as long as `for` says.

    The time begins when the value is lost or, if it was never there, with the service.
    """

    def __post_init__(self) -> None:
        """Refuse a rule that does not wait: every start would set it off."""
        super().__post_init__()
        try:
            window_ms(self.for_)
        except ValueError as error:
            raise ValueError("an absence needs `for`, such as 60s: each start is one") from error
        for name in ("sessions", "require", "exclude"):
            if getattr(self.manner, name) is not None:
                raise ValueError(f"`{name}` picks values, and an absence has none; leave it out")

    @property
    def saying(self) -> str:
        """Return that nothing is known."""
        return f"{{subject}} has been unknown for {self.for_} ({{reason}}); the last value was {{last}}."

    @property
    def ending(self) -> str:
        """Return that something is known again."""
        return "Resolved: {subject} is known again: {value}."

    def edges(self) -> Sequence[float]:
        """Return none: no value decides."""
        return ()

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare `ABSENT` or `PRESENT`, which is all that counts here."""
        if value == ABSENT:
            return Verdict(True, PRESENT, Reason.BREACHED)
        fired = state is AlertState.FIRING
        return Verdict(False, PRESENT, Reason.RECOVERED if fired else Reason.WITHIN_BOUND)


RULE = AbsenceRule

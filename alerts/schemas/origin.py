"""Where messages come from, and where a person reads on: the links of one alert. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from alerts.model import Transition
from alerts.schemas.payloads import Links
from monitor.core.clock import HOUR, Millis

LINK_AROUND_MS: Millis = HOUR
"""How much of the time before and after an event the linked board shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a publisher says of all its messages: link bases, and whether inputs are recorded."""

    dashboard_url: str | None = None
    runbook_url: str | None = None
    explain_url: str | None = None
    replay: bool = False


def links(transition: Transition, origin: Origin) -> Links:
    """Return the links of one transition; a base that is not set gives no link."""
    rule = transition.rule
    dashboard = f"{origin.dashboard_url}?{_view(transition)}" if origin.dashboard_url else None
    return Links(
        dashboard=dashboard,
        runbook=f"{origin.runbook_url}/{quote(rule, safe='')}" if origin.runbook_url else None,
        explain=f"{origin.explain_url}/{transition.id}" if origin.explain_url else None,
    )


def _view(transition: Transition) -> str:
    """Return what a board is to show: the rule, the company, an hour before and after the event."""
    company = transition.whom
    where = {"var-rule": transition.rule} | ({"var-company": company} if company else {})
    span = {"from": transition.at - LINK_AROUND_MS, "to": transition.at + LINK_AROUND_MS}
    return urlencode(where | span)

"""Whose an alert is: what another user's own rules say is neither told to others nor theirs to quiet. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.forms import owner_of, owner_of_alert
from monitor.domain.commands import Command, Reply, refused


def may_hear(command: Command, alert: str) -> bool:
    """Tell whether who asks may learn of an alert, `rule|key`."""
    return owner_of_alert(alert) in {"", command.by}


def heard(command: Command, alerts: Iterable[str]) -> list[str]:
    """Return the alerts that an answer knows of: nobody hears of another user's own rules."""
    return [alert for alert in alerts if may_hear(command, alert)]


def owns(command: Command, rule: str) -> bool:
    """Tell whether a rule, by its id at work, is everybody's or of who asks."""
    return owner_of(rule) in {"", command.by}


def not_his(command: Command, rule: str, now: int) -> Reply:
    """Refuse what is asked of another user's rule; the answer is the same if there is none such."""
    owner = owner_of(rule)
    why = f"`{rule}` names a rule of {owner}'s own, which {owner} alone may quiet"
    hint = f"leave it to {owner}; on the command line {owner} is who says --author {owner}"
    return refused(command, now, why, hint)


def not_his_silence(command: Command, silence: str, now: int) -> Reply:
    """Refuse to end the silence of another user's rule, without a word of which."""
    why = f"silence `{silence}` is of a rule of another user's own, who alone may end it"
    hint = "`hashhedge silence list` says whose; on the command line that is who says --author"
    return refused(command, now, why, hint)

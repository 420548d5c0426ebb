"""Whether a command has the form of one: sizes, words and moments. Pure.

Whether it makes sense now is for the desk to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.domain.commands import (
    MAX_ID,
    MAX_MATCHERS,
    MAX_MOMENT,
    MAX_NOTE,
    MAX_WORD,
    AckAlert,
    Action,
    AddMaintenance,
    AddSilence,
    Command,
    DrillAlert,
    EndMaintenance,
    EndSilence,
    Place,
    ReloadBooks,
    RemoveRule,
    SetRule,
    UnackAlert,
)


def command_fault(command: Command) -> str:
    """Return what is wrong with the form of a command; empty: nothing."""
    if not 0 < len(command.id) <= MAX_ID or "|" in command.id:
        return f"id: 1 to {MAX_ID} characters, none of them |"
    if not 0 < len(command.by) <= MAX_WORD:
        return f"by: 1 to {MAX_WORD} characters"
    return _action_fault(command.action)


def _action_fault(action: Action) -> str:  # noqa: PLR0911  # one for each wish
    match action:
        case AddSilence() as wish:
            return (
                _match_fault(wish.match)
                or _moments_fault(wish.until)
                or _note_fault(wish.reason, must=True)
            )
        case AckAlert() as wish:
            return (
                _words_fault(wish.rule, wish.key)
                or _moments_fault(wish.until or 0, wish.since or 0)
                or _note_fault(wish.note)
            )
        case UnackAlert() as wish:
            return _words_fault(wish.rule, wish.key)
        case AddMaintenance() as wish:
            named = wish.feed if wish.place is Place.FEED else "-"
            return (
                _words_fault(named)
                or _moments_fault(wish.begin, wish.until)
                or _note_fault(wish.reason, must=True)
            )
        case EndSilence(silence=named) | EndMaintenance(window=named):
            return _words_fault(named)
        case DrillAlert() as wish:
            return _words_fault(wish.rule, wish.key or "-")
        case RemoveRule(rule=named):
            return _words_fault(named)
        case ReloadBooks() | SetRule():
            return ""


def _match_fault(match: Mapping[str, str]) -> str:
    if len(match) > MAX_MATCHERS:
        return f"match: at most {MAX_MATCHERS}"
    return _words_fault(*match, *match.values()) if match else ""


def _words_fault(*words: str) -> str:
    wrong = next((word for word in words if not 0 < len(word) <= MAX_WORD), None)
    return "" if wrong is None else f"`{wrong[:20]}`: 1 to {MAX_WORD} characters"


def _moments_fault(*moments: int) -> str:
    wrong = next((at for at in moments if not 0 <= at <= MAX_MOMENT), None)
    return "" if wrong is None else f"{str(wrong)[:20]}: no moment, in ms UTC up to the year 9999"


def _note_fault(text: str, *, must: bool = False) -> str:
    if must and not text.strip():
        return "reason: it is empty, and somebody will ask"
    return f"note: at most {MAX_NOTE} characters" if len(text) > MAX_NOTE else ""

"""The buttons below a message, and the tokens behind them: one verb, one alert, one user, some hours. Pure.

A message goes through other people's push services, so what stands in it may be read by others. A
button therefore never carries what signs commands. Its token says who may do what to which episode
of which alert until when, and is signed with a key that is derived for buttons alone: with it nobody
can do anything else, and doing the same again changes nothing.

`h1.<claims>.<signature>`, both in URL-safe base64 without padding. The claims are a JSON list of
user, verb, rule, key, beginning of the episode (ms UTC), end of the token (s UTC).
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Literal, TypeAlias

import msgspec

from alerts.channels.base import Action
from alerts.model import AlertState, Transition
from monitor.core.clock import HOUR, SECOND, Millis

PRESS_PATH = "/api/v1/press"
PAGE_PATH = "/press"
LIFE_MS = 12 * HOUR
"""A night: whoever wakes up to a notice can still press it; a repeat brings a new one."""
SNOOZE = "30m"
MAX_TOKEN = 1_024
Verb: TypeAlias = Literal["ack", "snooze"]
Fault: TypeAlias = Literal["malformed", "bad_signature", "old_timestamp"]
_MARK = "h1"
_PURPOSE = b"hashhedge button 1"
_LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {"ack": "Acknowledge", "snooze": "Snooze 30 min", "chart": "Open chart"},
        "zh-CN": {"ack": "确认", "snooze": "暂停 30 分钟", "chart": "打开图表"},
    }
)
_PRESSABLE = frozenset({AlertState.FIRING, AlertState.RECOVERING, AlertState.NO_DATA})
_Claims: TypeAlias = tuple[str, Verb, str, str, int, int]
_decode = msgspec.json.Decoder(_Claims).decode


class BadTokenError(ValueError):
    """A token that nobody may act on; `fault` says why in one word."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault: Fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What one button means.

    Attributes:
        user: who presses.
        verb: what is done.
        rule: of the alert.
        key: its subject.
        since: when its episode began, ms UTC: of no other it counts.
        ends_s: when the button counts no more, s UTC.

    """

    user: str
    verb: Verb
    rule: str
    key: str
    since: Millis
    ends_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """What the buttons of one user are made with.

    Attributes:
        user: whose they are.
        base_url: where a phone reaches the pages of this service; empty: it does not.
        key: the user's command key; empty: there is none, so nothing can be pressed.
        language: of the labels.

    """

    user: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    language: str = "en"


def buttons(
    made: Buttons, transition: Transition, now: Millis, chart: str = ""
) -> tuple[Action, ...]:
    """Return the buttons below a message about `transition`: acknowledge, snooze, open the chart.

    Those that command are there while the alert stands and the user can be reached by them; `chart`
    is the address that the last one opens, empty for none.
    """
    words = _LABELS.get(made.language, _LABELS["en"])
    actions: list[Action] = []
    if _can_press(made, transition):
        verbs: tuple[Verb, ...] = ("ack", "snooze")
        for verb in verbs:
            token = token_of(_press(made, transition, verb, now), made.key)
            actions.append(pressing(words[verb], verb, made.base_url, token))
    if chart:
        actions.append(Action(kind="view", label=words["chart"], url=chart, headers={}))
    return tuple(actions)


def pressing(label: str, verb: Verb, base_url: str, token: str) -> Action:
    """Return the button that hands in `token` at the pages below `base_url`."""
    base = base_url.rstrip("/")
    return Action(
        kind="post",
        label=label,
        url=base + PRESS_PATH,
        verb=verb,
        body=token,
        headers={"Content-Type": "text/plain"},
        page=f"{base}{PAGE_PATH}#{token}",
    )


def token_of(press: Press, key: str) -> str:
    """Return the token of `press` under the user's command key."""
    claims: _Claims = (press.user, press.verb, press.rule, press.key, press.since, press.ends_s)
    said = _packed(msgspec.json.encode(claims))
    return f"{_MARK}.{said}.{_signature(said, key)}"


def claimed(token: str) -> Press:
    """Return what a token says, proved or not: it tells whose key to look for.

    Raises:
        BadTokenError: malformed; the verb is none of a button's, say.

    """
    mark, _, rest = token.partition(".")
    said, _, signature = rest.partition(".")
    if len(token) > MAX_TOKEN or mark != _MARK or not said or not signature:
        raise BadTokenError("malformed", "this is no button of ours")
    try:
        user, verb, rule, key, since, ends_s = _decode(_unpacked(said))
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadTokenError("malformed", "this is no button of ours") from error
    return Press(user=user, verb=verb, rule=rule, key=key, since=since, ends_s=ends_s)


def proved(token: str, key: str, now: Millis) -> Press:
    """Return what a token says, if it was made under `key` and counts at `now`.

    Raises:
        BadTokenError: malformed, bad_signature or old_timestamp.

    """
    press = claimed(token)
    _, _, rest = token.partition(".")
    said, _, signature = rest.partition(".")
    if not hmac.compare_digest(_signature(said, key).encode(), signature.encode()):
        raise BadTokenError("bad_signature", "this button is not one that was made for you")
    if now > press.ends_s * SECOND:
        raise BadTokenError("old_timestamp", "this button has expired; use a newer message")
    return press


def id_of(token: str) -> str:
    """Return the id of the command behind a token: pressed again, it is the same command."""
    return f"press-{sha256(token.encode()).hexdigest()[:32]}"


def wish_of(press: Press) -> dict[str, object]:
    """Return the fields of the `alert.ack` that a press means."""
    wish: dict[str, object] = {"rule": press.rule, "key": press.key, "since": press.since}
    return wish | ({"for": SNOOZE} if press.verb == "snooze" else {"until": "resolved"})


def _can_press(made: Buttons, transition: Transition) -> bool:
    alone = not (transition.members or transition.lines or transition.test)
    return bool(made.base_url and made.key) and alone and transition.to_state in _PRESSABLE


def _press(made: Buttons, transition: Transition, verb: Verb, now: Millis) -> Press:
    return Press(
        user=made.user,
        verb=verb,
        rule=transition.rule,
        key=transition.key,
        since=transition.since,
        ends_s=(now + LIFE_MS) // SECOND,
    )


def _signature(said: str, key: str) -> str:
    own = hmac.new(key.encode(), _PURPOSE, sha256).digest()
    return _packed(hmac.new(own, said.encode(), sha256).digest())


def _packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))

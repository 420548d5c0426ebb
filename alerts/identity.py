"""The ids of transitions and notices: the same after any crash and replay."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def transition_id(
    rule: str, rule_version: str, labels: Mapping[str, str], since: int, number: int
) -> str:
    """Return the stable id of a transition: 32 hex digits."""
    identity = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
    return _digest(rule, rule_version, identity, str(since), str(number))


def notice_id(of: str, word: str, at: int) -> str:
    """Return the stable id of what changes no state: after which transition, a word for it, when."""
    return _digest(of, word, str(at))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()

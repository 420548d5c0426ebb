"""The versions of rules, worked out once: each transition needs one, and a hash costs more than all else.

A rule has no room for its own: there may be a million, of which few ever change their state.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_KEPT = 65_536

_kept: dict[int, tuple[object, str]] = {}


def version_of(rule: object, make: Callable[[], str]) -> str:
    """Return the version of this very rule; `make` works it out the first time.

    A kept rule stays alive, so its identity cannot become that of another.
    """
    found = _kept.get(id(rule))
    if found is not None and found[0] is rule:
        return found[1]
    if len(_kept) >= MAX_KEPT:
        _kept.clear()
    version = make()
    _kept[id(rule)] = (rule, version)
    return version

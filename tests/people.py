"""Users for the tests, and the moments of their days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.users import Team, User, UsersBook


def user(name: str = "ana", **said: Any) -> User:
    """Return a user as a file would say it."""
    return msgspec.convert({"name": name, **said}, User)


def team(name: str, **said: Any) -> Team:
    """Return a team as a file would say it."""
    return msgspec.convert({"name": name, **said}, Team)


def book(*users: User, teams: tuple[Team, ...] = ()) -> UsersBook:
    """Return a book of these users."""
    return UsersBook(users=users, teams=teams)


def moment(text: str) -> int:
    """Return ms UTC of a moment with its offset: `2026-03-07T03:00+08:00`."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000

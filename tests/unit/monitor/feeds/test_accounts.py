"""Accounts: one budget for all feeds of a key, the provider's word over ours, and the used share."""

from __future__ import annotations

import pytest

from monitor.feeds.accounts import Account, Accounts
from monitor.feeds.budget import Budget
from tests.unit.monitor.feeds.doubles import NOW, spec


def test_feeds_of_one_account_share_it() -> None:
    """By the account's name; without one a feed is its own, and the lower limit counts."""
    accounts = Accounts()
    spot = accounts.of(spec(name="spot", account="binance", requests_per_minute=6_000))
    assert accounts.of(spec(name="futures", account="binance", requests_per_minute=6_000)) is spot
    assert accounts.of(spec(name="other", requests_per_minute=6_000)) is not spot
    assert accounts.of(spec(name="futures", account="binance", requests_per_minute=4)) is spot
    assert accounts.of(spec(name="spot", account="binance", requests_per_minute=6_000)) is spot
    assert spot.per_minute == 4
    assert [spot.take(NOW) for _ in range(2)] == [0, pytest.approx(20)]


def test_the_used_share_is_of_the_last_minute() -> None:
    """Weights count, whole seconds leave the window after a minute."""
    account = Account(100)
    assert account.used_ratio(NOW) == 0
    account.asked(NOW, 20)
    account.asked(NOW + 200, 5)
    account.asked(NOW + 30_000, 25)
    assert account.used_ratio(NOW + 30_000) == 0.5
    assert account.used_ratio(NOW + 59_999) == 0.5
    assert account.used_ratio(NOW + 60_000) == 0.25
    assert account.used_ratio(NOW + 90_000) == 0


def test_a_limit_of_a_few_a_day_is_never_overdrawn_by_one() -> None:
    """250 a day is one each six minutes: that one is all of its minute's budget, not six of it."""
    account = Account(250 / 1_440)
    account.asked(NOW)
    assert account.used_ratio(NOW) == 1


def test_the_count_stays_small() -> None:
    """A day of requests is a minute of memory."""
    account = Account(1_000_000)
    for second in range(0, 86_400, 7):
        account.asked(NOW + second * 1_000)
    assert len(account._used) <= 61
    assert account.used_ratio(NOW + 86_399_000) * 1_000_000 == pytest.approx(9, abs=1)


def test_what_the_provider_tells_counts_until_its_window_ends() -> None:
    """Others use the account too: their share is in the told one."""
    account = Account(100)
    account.asked(NOW, 10)
    account.told(Budget(100, 15, NOW + 20_000), NOW)
    assert account.used_ratio(NOW) == pytest.approx(0.85)
    assert account.used_ratio(NOW + 20_000) == pytest.approx(0.1)


def test_a_told_pace_and_a_hold_are_kept_and_end() -> None:
    """The pace counts from the moment it was told; a hold never gets shorter."""
    account = Account(100)
    account.told(Budget(100, 10, NOW + 20_000), NOW)
    assert account.hold_s(NOW) == pytest.approx(2.0)
    assert account.hold_s(NOW + 1_500) == pytest.approx(0.5)
    assert account.hold_s(NOW + 2_000) <= 0
    account.hold(NOW + 30_000)
    account.hold(NOW + 10_000)
    assert account.hold_s(NOW) == 30
    assert account.hold_s(NOW + 30_000) <= 0

"""Which hosts are this machine itself."""

from __future__ import annotations

import pytest

from monitor.core.hosts import is_loopback


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine(host: str) -> None:
    """The name, the whole block of addresses, and that of IPv6."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "::"]
)
def test_others(host: str) -> None:
    """What only looks alike, a private network, and no address yet."""
    assert not is_loopback(host)

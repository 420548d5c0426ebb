"""A declaration's faults, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.feeds.base import Credential, Feed
from monitor.feeds.declaration import spec_faults
from tests.unit.monitor.feeds.doubles import Script, feed, spec

KEY = Credential(env="K", header="X-K")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "My Venue"}, "name"),
        ({"instruments": {}}, "instruments is empty"),
        ({"licence": " "}, "licence"),
        ({"base_url": "venue.example"}, "base_url"),
        ({"base_url": "ftp://venue.example"}, "https"),
        ({"base_url": "https://user:pw@venue.example"}, "base_url"),
        ({"base_url": "https://venue.example/?key=1"}, "base_url"),
        ({"base_url": "https://venue.example/"}, "slash"),
        ({"base_url": "https://[broken"}, "base_url"),
        ({"base_url": "http://venue.example", "credentials": (KEY,)}, "without a key"),
        ({"credentials": (Credential(env="k", header="X-K"),)}, "environment variable"),
        ({"credentials": (Credential(env="K"),)}, "one of header"),
        ({"credentials": (Credential(env="K", header="X-K", query="k"),)}, "one of header"),
        ({"credentials": (Credential(env="K", query="k", prefix="Bearer "),)}, "prefix"),
        ({"credentials": (Credential(env="K", header="X K"),)}, "names no header"),
        ({"credentials": (KEY, Credential(env="L", header="x-k"))}, "same place"),
        ({"interval_s": 0}, "interval_s"),
        ({"timeout_s": float("nan")}, "timeout_s"),
        ({"timeout_s": 600}, "timeout_s"),
        ({"max_bytes": 10**9}, "max_bytes"),
        ({"delay_s": -1}, "delay_s"),
        ({"delay_s": float("nan")}, "delay_s"),
        ({"fresh_s": 1}, "never fresh"),
        ({"batch": 0}, "batch"),
        ({"requests_per_minute": 11}, "needs 12 requests"),
    ],
)
def test_each_fault_is_told(changes: dict[str, Any], words: str) -> None:
    """One fault gives one sentence that names the field."""
    (fault,) = spec_faults(spec(**changes))
    assert words in fault


@pytest.mark.parametrize("base", ["http://127.0.0.1:8999/venue", "http://mempool.home:8080"])
def test_plain_http_in_one_s_own_network_is_allowed(base: str) -> None:
    """The simulator and a self-hosted instance have no certificate."""
    assert spec_faults(spec(base_url=base)) == []
    assert (spec_faults(spec(base_url=base, credentials=(KEY,))) == []) is base.startswith(
        "http://127"
    )


def test_a_book_overrides_what_it_names() -> None:
    """What a book leaves out keeps its declared value, and the declared feed is untouched."""
    declared: Feed = feed(Script([]))
    changed = declared.overridden(base_url="http://127.0.0.1:1/venue/", interval_s=9)
    assert changed.spec.base_url == "http://127.0.0.1:1/venue"
    assert (changed.spec.interval_s, changed.spec.fresh_s) == (9, 60)
    assert declared.spec == spec()
    assert declared.overridden(enabled=False, fresh_s=7).spec == spec(enabled=False, fresh_s=7)

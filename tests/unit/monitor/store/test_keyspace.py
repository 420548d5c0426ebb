"""The list of keys holds what `Keys` builds, all of it and nothing else."""

from __future__ import annotations

import pytest

from monitor.compute.cells import SCHEMA
from monitor.store.keys import Keys
from monitor.store.keyspace import FAMILIES, STATE_SCHEMA, Family

NO_KEYS = {"tag", "prefix", "pattern"}


def test_the_list_has_what_keys_builds() -> None:
    """A new key cannot stay out of the list, nor can one that is gone stay in it (row D12)."""
    built = {name for name in dir(Keys) if not name.startswith("_")} - NO_KEYS
    names = [family.name for family in FAMILIES]
    assert sorted(names) == sorted(built)
    patterns = [family.pattern(Keys()) for family in FAMILIES]
    assert len(set(patterns)) == len(patterns)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda it: it.name)
def test_the_list_says_what_keys_says(family: Family) -> None:
    """Kind and prefix are those of `Keys`, whose own words begin with the kind."""
    said = str(vars(Keys)[family.name].__doc__).partition(":")[0].lower()
    words = {"sorted set": "zset", "text": "string", "expiring text": "string", "counter": "string"}
    assert words.get(said, said) == family.kind
    assert (said == "expiring text") <= (family.ttl_ms is not None)
    assert family.pattern(Keys()).startswith(Keys().prefix)
    assert family.holds
    assert family.kept


def test_the_state_says_the_version_that_the_list_says() -> None:
    """The cell `schema` is written from the same word."""
    assert SCHEMA.decode() == STATE_SCHEMA
    (state,) = (family for family in FAMILIES if family.name == "state")
    assert state.version == STATE_SCHEMA

"""One instance a database: another is refused before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.store.client import connected
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.servers import TestRedis

pytestmark = pytest.mark.integration


async def test_another_instance_on_the_same_redis_is_refused(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Exit 2 with the mend; the same name starts again, and a database of its own serves another."""

    def run(instance: str, database: int) -> tuple[int, str]:
        url = f"{own_redis.url.removesuffix('/0')}/{database}"
        role = ("--role", "compute", "--web-port", "0", "--duration", "1s")
        said = hashhedge("run", "--instance", instance, "--redis-url", url, *role, cwd=tmp_path)
        return said.code, " ".join(said.err.split())

    first = run("east", 0)
    code, words = run("west", 0)
    assert code == 2
    assert "belongs to instance `east`, this one is `west`" in words
    assert "a database of its own for each instance" in words
    async with connected(own_redis.url) as client:
        assert await client.get(Keys().instance) == b"east"
    assert first[0] == run("east", 0)[0] == run("west", 1)[0] == 0

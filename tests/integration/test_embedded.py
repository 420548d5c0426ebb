"""The one-command start: private servers that serve at once and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis.asyncio import Redis

from monitor import embedded
from monitor.core.errors import ConfigError
from monitor.embedded import embedded_broker, embedded_redis
from monitor.embedded.process import MQTT_5, MQTT_311, broker_answers
from monitor.embedded.programs import redis_program
from tests.servers import program
from tests.waiting import wait_here, wait_until

pytestmark = pytest.mark.integration

CHILD = """
import asyncio, sys
from pathlib import Path
from monitor.embedded import embedded_broker, embedded_redis

async def main():
    where = Path(sys.argv[1])
    async with embedded_redis(where), embedded_broker(where):
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_redis_keeps_data_between_runs(tmp_path: Path) -> None:
    """What was written before a stop must be there after the next start."""
    for run in range(2):
        async with embedded_redis(tmp_path) as server, Redis.from_url(server.url) as client:
            assert await client.incr("runs") == run + 1
            assert (await client.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"


async def test_redis_opens_no_port(tmp_path: Path) -> None:
    """The private Redis must be reachable through its unix socket only."""
    async with embedded_redis(tmp_path) as server, Redis.from_url(server.url) as client:
        pid = (await client.info("server"))["process_id"]
        listening = psutil.Process(pid).net_connections(kind="inet")
        assert listening == []


async def test_redis_in_a_deep_directory(tmp_path: Path) -> None:
    """A directory too deep for a socket path must still work, with its data inside."""
    deep = tmp_path / ("d" * 120)
    async with embedded_redis(deep) as server, Redis.from_url(server.url) as client:
        assert await client.ping()
        assert len(urlsplit(server.url).path) < 104
    assert (deep / "appendonlydir").is_dir()
    assert not Path(urlsplit(server.url).path).parent.exists()


async def test_two_runs_do_not_share_a_directory(tmp_path: Path) -> None:
    """A second start on the same data must be refused with the place in the message."""
    async with embedded_redis(tmp_path):
        with pytest.raises(ConfigError, match=str(tmp_path)):
            async with embedded_redis(tmp_path):
                pass


async def test_broker_speaks_both_protocols(tmp_path: Path) -> None:
    """Both URLs must answer a CONNECT of their protocol, and stop answering after the end."""
    async with embedded_broker(tmp_path) as server:
        port, port_v311 = urlsplit(server.url).port, urlsplit(server.url_v311).port
        assert port is not None
        assert port_v311 is not None
        assert broker_answers(port, MQTT_5)
        assert broker_answers(port_v311, MQTT_311)
    assert not broker_answers(port, MQTT_5)


async def test_brokers_started_together_find_ports(tmp_path: Path) -> None:
    """Several starts at the same moment must all succeed on different ports."""
    urls: list[str] = []

    async def run(number: int) -> None:
        async with embedded_broker(tmp_path / str(number)) as server:
            urls.append(server.url)
            await wait_until(lambda: len(urls) == 4, "all brokers to run at once")

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(run(number))
    assert len(set(urls)) == 4


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_servers_die_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    """However the parent ends, no server process may stay."""
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=-1) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        servers = psutil.Process(parent.pid).children(recursive=True)
        assert len(servers) >= 2
        os.kill(parent.pid, number)
        parent.wait()
    wait_here(
        lambda: not any(_runs(server) for server in servers), "the servers to end with the parent"
    )


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_server_that_cannot_start_is_explained(tmp_path: Path) -> None:
    """A file that Redis refuses must end in a ConfigError with Redis's own words, soon."""
    (tmp_path / "appendonlydir").write_text("a file where a directory must be")
    with pytest.raises(ConfigError, match="did not start"):
        async with embedded_redis(tmp_path):
            pass


async def test_system_servers_stand_in_for_the_wheels(tmp_path: Path) -> None:
    """Without the extra, the servers on PATH must serve in the same way."""
    for name in ("redis-server", "mosquitto"):
        program(name)
    async with (
        embedded_redis(tmp_path, wheel=False) as redis,
        embedded_broker(tmp_path, wheel=False) as broker,
        Redis.from_url(redis.url) as client,
    ):
        assert await client.ping()
        assert broker.url == broker.url_v311
        assert "redis-server" in redis.what
        assert "mosquitto" in broker.what


def test_nothing_installed_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any server the error must name the one command that mends it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"pip install 'hashhedge\[embedded\]'"):
        redis_program(wheel=False)


async def test_describe_prints_the_limits(tmp_path: Path) -> None:
    """The start-up text must name both servers, their limits and the variables to set."""
    async with embedded_redis(tmp_path) as redis, embedded_broker(tmp_path) as broker:
        text = embedded.describe(redis, broker)
    assert "loopback only" in text
    assert redis.what in text
    assert "Retained messages and sessions are lost" in text or "saved every 60 s" in text
    assert "HASHHEDGE_REDIS_URL and HASHHEDGE_MQTT_URL" in text

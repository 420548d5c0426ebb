"""A real Prometheus for a test: it scrapes one target and evaluates our rules."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import BinaryIO

import yaml

from tests.prometheus.binaries import binary
from tests.prometheus.panels import ROOT, query


async def wait_until(
    predicate: Callable[[], Awaitable[bool]], description: str, *, limit_s: float = 30.0
) -> None:
    """Return when the predicate holds; fail with the description when time is up."""
    deadline = time.monotonic() + limit_s
    while not await predicate():
        assert time.monotonic() < deadline, f"waited {limit_s:g} s in vain: {description}"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def prometheus(target: str, folder: Path) -> AsyncIterator[str]:
    """Run Prometheus over `target` (host:port); yield its URL once the page was scraped."""
    log = folder / "prometheus.log"
    config = _write_config(target, folder)
    process = await _start(
        log,
        binary("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        "--log.format=json",
    )
    try:
        url = await _url(process, log)
        await wait_until(
            lambda: holds(url, 'sum_over_time(up{job="hashhedge"}[1m]) > 3'),
            f"Prometheus has scraped {target} a few times",
        )
        yield url
    finally:
        process.terminate()
        await process.wait()


async def holds(url: str, expr: str) -> bool:
    """Tell whether the expression returns anything."""
    return bool(await asyncio.to_thread(query, url, expr))


async def _start(log: Path, *command: str) -> asyncio.subprocess.Process:
    # The child keeps its own copy of the open file.
    with closing(_open(log)) as out:
        return await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out)


async def _url(process: asyncio.subprocess.Process, log: Path) -> str:
    async def ready() -> bool:
        assert process.returncode is None, _read(log)
        return '"Server is ready to receive web requests."' in _read(log)

    await wait_until(ready, "Prometheus is ready")
    lines = [json.loads(line) for line in _read(log).splitlines()]
    return next(f"http://{it['address']}" for it in lines if it.get("msg") == "Listening on")


def _write_config(target: str, folder: Path) -> Path:
    config = {
        # the interval is the time-out too, and a busy machine needs some time for a page
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ROOT / "deploy" / "prometheus" / "rules.yaml")],
        "scrape_configs": [{"job_name": "hashhedge", "static_configs": [{"targets": [target]}]}],
    }
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    return path


def _open(log: Path) -> BinaryIO:
    return log.open("wb")


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8") if log.exists() else ""

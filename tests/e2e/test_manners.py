"""Manners as a person sees them: a 429 obeyed, waits foretold by a seed, a key shown nowhere."""

from __future__ import annotations

import json
import signal
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.core.clock import SystemClock
from monitor.core.discovery import declared
from monitor.embedded.process import free_port
from monitor.feeds.base import Feed
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.e2e.living import answers, simulator
from tests.e2e.playing import HASHHEDGE, START_S, Child, Room
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

KEYS = Keys()
KEY = "k3y-that-nobody-may-see-0123456789"
SEED = "7"


@dataclass
class Street:
    """Simulated providers, a Redis and a broker, and a feeds book that polls one feed."""

    room: Room
    port: int

    def book(self, feed: str, interval_s: float) -> Path:
        """Write a book with one feed on."""
        lines = ["feeds:"]
        for name, _ in declared("monitor.feeds", "FEED", Feed):
            lines.append(f"  {name}:")
            if name == feed:
                lines += [
                    f"    base_url: http://127.0.0.1:{self.port}/{name}",
                    f"    interval_s: {interval_s}",
                    f"    fresh_s: {max(60, interval_s)}",
                ]
            else:
                lines.append("    enabled: false")
        path = self.room.folder / "feeds.yaml"
        path.write_text("\n".join([*lines, ""]))
        return path

    def run(self, book: Path, **environ: str) -> Child:
        """Start the service with these variables."""
        servers = ("--redis-url", self.room.redis.url, "--mqtt-url", self.room.broker.url)
        variables = [f"{name}={text}" for name, text in environ.items()]
        words = [*servers, "--feeds", str(book), "--web-port", "0"]
        return self.room.run(["env", *variables, str(HASHHEDGE), "run", *words])

    def mood(self, provider: str, scenario: str) -> None:
        """Put a provider into a scenario."""
        url = f"http://127.0.0.1:{self.port}/control/scenario/{provider}"
        request = urllib.request.Request(url, scenario.encode(), method="PUT")
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # the simulator, on the loopback
            assert answer.status == 200

    def asked(self, provider: str) -> int:
        """Return how many requests a provider has had."""
        url = f"http://127.0.0.1:{self.port}/control"
        with urllib.request.urlopen(url, timeout=5) as answer:  # likewise
            return int(json.load(answer)["requests"].get(provider, 0))

    def status(self, feed: str) -> dict[str, Any]:
        """Return what `feeds status` says of one feed."""
        said = hashhedge("feeds", "status", "--redis-url", self.room.redis.url, "-o", "json")
        return next((row for row in said.json if row["feed"] == feed), {})

    def record(self, feed: str, *, error: str) -> dict[str, Any]:
        """Return a feed's health record if its newest failure is `error`, else nothing."""
        with self.room.client() as client:
            record = json.loads(client.hget(KEYS.feeds, feed) or b"{}")
        failures = record.get("failures")
        return dict(record) if failures and failures[-1]["reason"] == error else {}


@pytest.fixture
def street(room: Room) -> Street:
    """Give providers of its own to each test."""
    port = free_port()
    providers = simulator(room, port)
    wait_here(lambda: answers(port) or providers.ended, "the simulator", START_S)
    return Street(room, port)


def logged(child: Child, event: str) -> list[dict[str, Any]]:
    """Return the log lines of one event."""
    lines = [json.loads(line) for line in child.err.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]


@pytest.mark.parametrize("answered_before", [True, False])
def test_a_429_is_obeyed_and_the_feed_is_late(street: Street, *, answered_before: bool) -> None:
    """Retry-After 30: one request, one count, late and not dead, whether it ever answered (A21)."""
    if not answered_before:
        street.mood("kraken", "429")
    service = street.run(street.book("kraken", 1))
    if answered_before:
        wait_here(lambda: street.status("kraken").get("state") == "fresh", "an answer", START_S)
        street.mood("kraken", "429")
    throttled = 'hashhedge_feed_throttled_total{feed="kraken"}'
    wait_here(lambda: service.measured(throttled) == 1, "the 429", START_S)
    record = wait_here(lambda: street.record("kraken", error="throttled"), "the record", START_S)
    failed_at = record["failures"][-1]["at"]
    assert record["next_due"] == failed_at + 30_000
    assert record["state"] == "late"
    # some seconds of its thirty, in each of which it would have been asked
    asked = street.asked("kraken")
    wait_here(lambda: SystemClock().now() > failed_at + 8_000, "eight seconds", START_S)
    assert street.asked("kraken") == asked or SystemClock().now() >= record["next_due"]
    assert street.status("kraken")["state"] == "late"
    assert service.measured('hashhedge_feed_state{feed="kraken",state="late"}') == 1
    used = service.measured('hashhedge_feed_request_budget_used_ratio{feed="kraken"}')
    assert used is not None
    assert used < 0.5
    service.send(signal.SIGTERM)
    assert service.code(20) == 0


def test_a_seeded_run_waits_as_foretold(street: Street) -> None:
    """The delays that `feeds backoff --seed 7` prints are those in the log (A22)."""
    book = street.book("kraken", 0.1)
    street.mood("kraken", "5xx")
    words = ("feeds", "backoff", "--seed", SEED, "--feeds", book, "-o", "json")
    (printed,) = hashhedge(*words).json
    assert (printed["feed"], printed["seed"], len(printed["waits_s"])) == ("kraken", 7, 8)
    service = street.run(book, HASHHEDGE_BACKOFF_SEED=SEED)
    wait_here(lambda: len(logged(service, "feed.poll_failed")) >= 5, "five failures", 60)
    seen = [line["wait_s"] for line in logged(service, "feed.poll_failed")]
    assert seen == printed["waits_s"][: len(seen)]
    opened = 'hashhedge_feed_breaker_state{feed="kraken",state="open"}'
    wait_here(lambda: service.measured(opened) == 1, "the breaker to open", START_S)
    wait_here(lambda: street.status("kraken")["breaker"] == "open", "the table", START_S)
    street.mood("kraken", "normal")
    closed = 'hashhedge_feed_breaker_state{feed="kraken",state="closed"}'
    wait_here(lambda: service.measured(closed) == 1, "the breaker to close", START_S)
    service.send(signal.SIGTERM)
    assert service.code(20) == 0


class Echo(BaseHTTPRequestHandler):
    """A provider that prints back whatever it is sent: first in an answer, then in a 401."""

    answered = 0

    def do_GET(self) -> None:
        """Answer with the request's own line and headers."""
        type(self).answered += 1
        said = f"{self.headers.get('X-Finnhub-Token')} is no key: {self.path} {self.headers}"
        body = json.dumps({"error": said}).encode()
        self.send_response(200 if self.answered == 1 else 401, KEY)
        self.send_header("WWW-Authenticate", f"Token {KEY}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def echo() -> Iterator[int]:
    """Serve the echo and give its port."""
    Echo.answered = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_key_is_shown_nowhere(street: Street, echo: int, tmp_path: Path) -> None:
    """A provider that prints the key back: no log, page, table or record has it."""
    secret = tmp_path / "key"
    secret.write_text(KEY)
    book = street.book("finnhub", 60)
    book.write_text(book.read_text().replace(f":{street.port}/finnhub", f":{echo}"))
    environ = {"FINNHUB_API_KEY_FILE": str(secret), "HASHHEDGE_LOG_LEVEL": "debug"}
    service = street.run(book, **environ)
    for reason in ("server_error", "unauthorized"):
        failed = f'hashhedge_feed_poll_failures_total{{feed="finnhub",reason="{reason}"}}'
        wait_here(partial(service.measured, failed), reason, START_S)
    wait_here(lambda: street.status("finnhub").get("error") == "unauthorized", "it", START_S)
    table = hashhedge("feeds", "status", "--redis-url", street.room.redis.url)
    pages = [service.page(path) for path in ("/metrics", "/readyz", "/livez")]
    with street.room.client() as client:
        records = [str(client.dump(key)) for key in client.scan_iter("*")]
    service.send(signal.SIGTERM)
    assert service.code(20) == 0
    assert Echo.answered == 2
    assert "[redacted]" in service.err
    for shown in (service.out, service.err, table.out, table.err, *pages, *records):
        assert KEY not in shown

"""People's commands over a real broker and over HTTP, to a whole service on a real Redis."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import pytest
from structlog.testing import capture_logs

from monitor.core.clock import MINUTE, SECOND, SystemClock, parse_iso
from monitor.domain.commands import Reply
from monitor.store.client import connected
from monitor.store.ticks import append_raw
from tests.command import COMMAND, clean_environment, hashhedge
from tests.commanding import (
    BASE,
    BOB,
    HOUR,
    KEY,
    KEYS,
    PASSWORDS,
    PHONE,
    ROOM,
    RULES,
    USERS,
    Room,
    commanded,
    enveloped,
    guarded_broker,
    order,
    stamped,
)
from tests.servers import TestBroker, TestRedis, start_broker
from tests.waiting import wait_until
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture
def wide_mosquitto(tmp_path: Path) -> Iterator[TestBroker]:
    """Start a broker that lets through more than we take."""
    server = start_broker("mosquitto", tmp_path, extra="message_size_limit 4000000\n")
    yield server
    server.stop()


@pytest.fixture
async def room(
    own_redis: TestRedis, wide_mosquitto: TestBroker, tmp_path: Path
) -> AsyncIterator[Room]:
    """Give a service whose one alert fires."""
    async with commanded(own_redis, wide_mosquitto, tmp_path) as found:
        await found.price(11)
        yield found


async def test_an_alert_is_taken_on_from_a_phone(room: Room) -> None:
    """State `acked` with who and when, cleared at the end, told anew after (rows E24, E25, F13)."""
    begun = SystemClock().now()
    body = order("1", until="resolved", note="mine")
    reply = await room.ask(body, correlation=b"\x00\xff")
    assert (reply["id"], reply["accepted"], reply["state"]) == ("1", True, "acked")
    assert (reply["by"], reply["verb"], reply["repeated"]) == ("anna", "alert.ack", False)
    (heard,) = room.replies()
    assert (heard.topic, heard.retain, heard.qos) == (PHONE, False, 1)
    assert heard.properties["CorrelationData"] == "00ff"
    ack = (await room.state("acked"))["ack"]
    assert (ack["by"], ack["note"], ack["until"]) == ("anna", "mine", "resolved")
    assert parse_iso(ack["at"]) >= begun

    again = await room.ask(body)
    assert again == reply | {"repeated": True, "expires_at": again["expires_at"]}
    assert [it.verb for it in await room.trail()] == ["alert.ack"]

    await room.price(1)
    assert (await room.state("resolved"))["ack"] is None
    await room.price(11)
    await room.state("firing")
    told = [it.json["notice"] for it in room.listener.on("/x-high/X/event")]
    assert told == ["new", "resolved", "new"]

    snooze = await room.ask(order("2", span="10m"))
    assert snooze["accepted"]
    until = parse_iso((await room.state("acked"))["ack"]["until"])
    assert begun + 10 * MINUTE <= until <= SystemClock().now() + 10 * MINUTE
    assert await room.counted() == {"done": 2, "repeated": 1}


async def test_the_same_without_properties_and_over_http(
    room: Room, wide_mosquitto: TestBroker
) -> None:
    """MQTT 3.1.1 has it all in the payload; a page takes the same, with headers or without."""
    place = urlsplit(wide_mosquitto.url)
    async with aiomqtt.Client(
        place.hostname or "", place.port or 0, protocol=aiomqtt.ProtocolVersion.V311
    ) as client:
        body = order("s", "silence.add", match={"rule": "x-high"}, reason="works", span="2h")
        payload = enveloped(body, correlation="mine")
        await client.publish(f"{BASE}/cmd/silence.add", payload, qos=1)
        (heard,) = await room.replied(1)
        assert (heard.topic, heard.json["correlation"]) == (PHONE, "mine")
        left_ms = parse_iso(heard.json["expires_at"]) - SystemClock().now()
        assert 50 * SECOND < left_ms <= MINUTE  # MQTT 5 has it as a property (row F08)
        assert (heard.json["accepted"], heard.json["matched"]) == (True, 1)
        ended = enveloped(order("e", "silence.end", silence=heard.json["made"]), reply_to="")
        await client.publish(f"{BASE}/cmd/silence.end", ended, qos=1)
        heard = (await room.replied(2))[-1]
        assert (heard.topic, heard.json["accepted"]) == (ROOM, True)

    async def post(body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, object]]:
        async with room.session.post("/api/v1/command", data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    drill = order("d", "alert.drill")
    status, answer = await post(drill, stamped(drill))
    assert (status, answer["accepted"], answer["id"]) == (200, True, "d")
    status, answer = await post(enveloped(drill), {})
    assert (status, answer["repeated"]) == (200, True)
    refused = order("u", "alert.unack")
    status, answer = await post(refused, stamped(refused, "bob", BOB))
    assert (status, answer["by"], answer.get("error", "")) == (422, "bob", "")
    status, answer = await post(drill, stamped(drill, key="another-key-of-16-and-more"))
    assert (status, answer["error"]) == (403, "forbidden")
    status, answer = await post(b"x" * 40_000, {})
    assert (status, answer["error"]) == (413, "too_large")
    assert (await room.session.get("/api/v1/command")).status == 405
    assert sum(it.topic.endswith("/x-high/X/event") for it in room.listener.heard) >= 2


async def test_what_is_forged_changes_nothing(room: Room) -> None:
    """`forbidden`, counted by reason, in the log and the trail, and no key in any of them (F14)."""
    body = order("f")
    length = await room.redis.xlen(KEYS.ticks)
    with capture_logs() as logs:
        await room.publish(body)
        await room.publish(body, stamped(body, "mallory"), reply_to=f"{BASE}/user/mallory/reply/x")
        await room.publish(body, stamped(body, key=BOB))
        await room.publish(order("g"), stamped(body))
        await room.publish(body, stamped(body, age_s=400))
        named = json.dumps({**json.loads(body), "by": "bob"}).encode()
        await room.publish(named, stamped(named))
        answers = [it.json for it in await room.replied(5)]
    assert {answer["error"] for answer in answers} == {"forbidden"}
    assert {answer["accepted"] for answer in answers} == {False}
    assert await room.redis.xlen(KEYS.ticks) == length
    assert await room.counted() == {
        "unsigned": 1,
        "unknown_user": 1,
        "bad_signature": 2,
        "old_timestamp": 1,
        "other_name": 1,
    }
    trail = await room.refused()
    assert [(it.user, it.known, it.outcome) for it in trail] == [
        ("", False, "unsigned"),
        ("mallory", False, "unknown_user"),
        ("anna", False, "bad_signature"),
        ("anna", False, "bad_signature"),
        ("anna", False, "old_timestamp"),
        ("anna", True, "other_name"),
    ]
    assert [it["event"] for it in logs].count("command.refused") == 6
    assert not any(key in f"{logs} {trail} {answers}" for key in (KEY, BOB, "sha256="))


HOSTILE = {
    b"\xff\xfe{": "malformed",
    b"[" * 5_000: "malformed",
    b"x" * 1_048_576: "too_large",
    b" " * 8_193: "too_large",
    order("w", key="#", rule="x-high"): "malformed",
    order("w", "alert.akc"): "malformed",
    order("w", "alert.ack", wrong=1): "malformed",
    order("w|w"): "malformed",
    order("w", "alert.drill"): "malformed",  # on the topic of another verb
    order("taken", note="otherwise"): "forbidden",
}


async def test_hostile_commands_are_refused_by_name(room: Room) -> None:
    """Size, encoding, wildcards, unknown words, a taken id, the retain flag, a foreign reply topic."""
    assert (await room.ask(order("taken")))["accepted"]
    length = await room.redis.xlen(KEYS.ticks)
    errors, messages = [], []
    for body in HOSTILE:
        answer = await room.ask(body)
        errors.append(answer["error"])
        messages.append(answer["text"])
    assert errors == list(HOSTILE.values())
    assert "did you mean alert.ack?" in messages[5]
    assert "UTF-8" in messages[0]
    for topic in (f"{BASE}/status", f"{BASE}/user/bob/reply", f"{ROOM}/a/b", "x"):
        answer = await room.ask(order("t"), reply_to=topic)
        assert answer["error"] == "bad_reply_topic"
        assert ROOM in answer["text"]
    heard = len(room.replies())
    await room.publish(order("r"), stamped(order("r")), retain=True)
    await room.ask(order("taken"))
    assert len(room.replies()) == heard + 1
    assert {it.topic for it in room.replies()} == {PHONE, ROOM}
    assert await room.redis.xlen(KEYS.ticks) == length
    counts = await room.counted()
    assert (counts["retained"], counts["too_large"], counts["bad_reply_topic"]) == (1, 2, 4)
    assert {it.outcome for it in await room.refused()} >= {"retained", "too_large", "id_taken"}
    await room.mqtt.publish(f"{BASE}/cmd/alert.ack", b"", qos=1, retain=True)


async def test_broken_books_are_refused_with_file_and_line(room: Room) -> None:
    """The old rules go on; mended, they are read; a dry run changes nothing (row E34)."""
    good = room.book.read_text()
    room.book.write_text(good.replace("above", "abov"), encoding="utf-8")
    answer = await room.ask(order("1", "rules.reload"), verb="rules.reload")
    assert not answer["accepted"]
    assert f"{room.book}:2" in answer["text"]
    await room.price(1)
    await room.state("resolved")
    room.book.write_text(good.replace("above: 10", "above: 20"), encoding="utf-8")
    for number, dry_run in enumerate((True, False)):
        body = order(f"g{number}", "rules.reload", dry_run=dry_run)
        answer = await room.ask(body, verb="rules.reload")
        assert answer["accepted"]
        assert answer["plan"]["changed"]["names"] == ["x-high"]
    assert [(it.accepted, it.by) for it in await room.trail()] == [
        (False, "anna"),
        (True, "anna"),
        (True, "anna"),
    ]


async def test_keys_are_read_anew(room: Room, tmp_path: Path) -> None:
    """Whoever is taken out may no more; a file that is wrong leaves things as they are."""
    (tmp_path / "users").write_text("anna short\n", encoding="utf-8")
    assert (await room.ask(order("1")))["accepted"]
    (tmp_path / "users").write_text(f"bob {BOB}\n", encoding="utf-8")
    assert (await room.ask(order("2")))["error"] == "forbidden"


async def test_a_process_killed_before_it_answered(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """It took the command and died: sent again under the same id it is done once and answered."""
    (tmp_path / "users").write_text(USERS, encoding="utf-8")
    environment = clean_environment(
        HASHHEDGE_COMMAND_USERS=str(tmp_path / "users"), HASHHEDGE_LEASE_MS="500"
    )
    words = ["run", "--role", "web", "--redis-url", own_redis.url, "--mqtt-url", own_mosquitto.url]
    body = order("k", note="mine")
    child = await asyncio.create_subprocess_exec(
        COMMAND, *words, env=environment | {"HASHHEDGE_WEB_PORT": "0"}, stderr=subprocess.PIPE
    )
    try:
        assert child.stderr is not None
        async for line in child.stderr:
            if b"inbox.listening" in line:
                break
        async with connected(own_redis.url) as client:
            at = SystemClock().now()
            await append_raw(client, KEYS, [quote("X", 11, at, fresh_ms=HOUR)], at)
            arguments = ["-t", f"{BASE}/cmd/alert.ack", "-q", "1", "-m", enveloped(body).decode()]
            port = str(own_mosquitto.port)
            await asyncio.to_thread(
                subprocess.run, ["mosquitto_pub", "-p", port, *arguments], check=True
            )
            async with asyncio.timeout(20):
                while await client.xlen(KEYS.ticks) < 2:
                    pass
    finally:
        child.kill()
        await child.wait()
    async with commanded(own_redis, own_mosquitto, tmp_path) as room:
        await room.state("acked")
        answer = await room.ask(body)
        assert (answer["accepted"], answer["repeated"]) == (True, True)
        words = ["alert", "history", "x-high", "--redis-url", own_redis.url, "-o", "json"]
        history = (await asyncio.to_thread(hashhedge, *words)).json
        assert [row["event"] for row in history] == ["firing", "acked"]


async def test_what_the_store_cannot_take_comes_again(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """Redis away: the user is told without its address, the broker keeps it, and it is done once."""
    body = order("s", "silence.add", match={"rule": "x-high"}, reason="works", span="2h")
    async with commanded(own_redis, own_mosquitto, tmp_path) as room:
        own_redis.stop()
        await room.publish(body, stamped(body), verb="silence.add")
        first = (await room.replied(1))[0].json
        assert (first["error"], first["id"]) == ("store_unavailable", "s")
        assert str(own_redis.port) not in first["text"]
        own_redis.start()

        def done() -> bool:
            return any(it.json["accepted"] for it in room.replies())

        await wait_until(done, "it is done", timeout=40)
        answers = [it for it in await room.trail() if isinstance(it, Reply)]
        assert [it.verb for it in answers] == ["silence.add"]  # beside the note of the refusal


ROOT = Path(__file__).resolve().parents[2]
DRILL = RULES.replace("x-high", "btc-under-100k").replace("on: X", "on: BTC-USD")


async def test_what_the_page_shows_works(
    own_redis: TestRedis, own_mosquitto: TestBroker, tmp_path: Path
) -> None:
    """Each block of docs/commands.md marked `sh test` is run as it stands, on other ports."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh test\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    answers = []
    async with commanded(own_redis, own_mosquitto, tmp_path, rules=DRILL) as room:
        at = SystemClock().now()
        prices = [quote("BTC-USD", 11, at, fresh_ms=HOUR)]
        await append_raw(room.redis, KEYS, prices, at)
        ports = {"1883": str(own_mosquitto.port), "9464": room.service.url.rpartition(":")[2]}
        await room.settled()
        for block in blocks:
            script = re.sub("1883|9464", lambda found: ports[found[0]], block)
            done = await asyncio.to_thread(
                subprocess.run,
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=tmp_path,
                env=clean_environment(PATH=f"{COMMAND.parent}:{os.environ['PATH']}"),
                capture_output=True,
                timeout=30,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            answers.append(json.loads(done.stdout))
        words = ["command", "list", "--redis-url", own_redis.url, "-o", "json"]
        rows = (await asyncio.to_thread(hashhedge, *words)).json
    assert [it["accepted"] for it in answers] == [True] * 4
    assert [it["repeated"] for it in answers] == [False, True, False, False]
    assert answers[2]["state"] == "acked"
    assert {it["rule"] for it in answers[3]["history"]} == {"btc-under-100k"}
    assert [(row["user"], row["verb"], row["outcome"]) for row in rows] == [
        ("anna", "alert.drill", "done"),
        ("anna", "alert.ack", "done"),
    ]


async def test_the_sample_of_rules_for_a_broker(own_redis: TestRedis, tmp_path: Path) -> None:
    """With it the service hears and answers; nobody reads another's answers or writes a state (F12)."""
    broker = guarded_broker(tmp_path)
    url = broker.url.replace("//", "//hashhedge@")

    async def ask(user: str, body: bytes, reply_to: str) -> subprocess.CompletedProcess[bytes]:
        words = ["-p", str(broker.port), "-u", user, "-P", PASSWORDS[user], "-q", "1", "-W", "3"]
        what = ["-t", f"{BASE}/cmd/alert.ack", "-e", reply_to, "-m", enveloped(body, "").decode()]
        command = ["mosquitto_rr", "-V", "mqttv5", *words, *what]
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)

    async def put(user: str, topic: str) -> subprocess.CompletedProcess[bytes]:
        words = ["-p", str(broker.port), "-u", user, "-P", PASSWORDS[user], "-q", "1", "-r"]
        command = ["mosquitto_pub", "-V", "mqttv5", "-d", *words, "-t", topic, "-m", "forged"]
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)

    try:
        async with commanded(
            own_redis,
            broker,
            tmp_path,
            mqtt_url=url,
            mqtt_password=PASSWORDS["hashhedge"],
        ) as room:
            await room.price(11)
            said = await ask("anna", order("1"), f"{ROOM}/shell")
            assert json.loads(said.stdout)["accepted"], said.stderr
            overheard = await ask("bob", order("2"), f"{ROOM}/shell")
            assert (overheard.returncode, overheard.stdout) == (27, b"")
            assert room.replies() == []  # the listener has no name, so no room of answers
            for below in ("alert/x-high/X/state", "alert/x-high/X/event", "company/RIOT/state"):
                denied = await put("anna", f"{BASE}/{below}")
                assert "Not authorized" in denied.stderr.decode() + denied.stdout.decode(), denied
            state = await room.state("acked")
            assert (state["rule"], state["ack"]["by"]) == ("x-high", "anna")
    finally:
        broker.stop()

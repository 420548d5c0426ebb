"""`hashhedge push`: a channel tried from the command line, against the other side on this machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.channels import KEY, far
from tests.command import Said, hashhedge
from tests.commanding import KEY as ANNAS_KEY
from tests.commanding import commanded
from tests.servers import TestBroker, TestRedis

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def ntfy(folder: Path, url: str = "https://ntfy.example.org") -> Path:
    """Write the file of a channel to ntfy."""
    file = folder / "ana.yaml"
    file.write_text(f"kind: ntfy\ntopic: ana\nurl: {url}\ntoken: NTFY_TOKEN\n", encoding="utf-8")
    return file


async def run(*words: str | Path, **env: str) -> Said:
    """Run the command beside the loop that the other side lives in."""
    return await asyncio.to_thread(hashhedge, "push", *words, env=env)


async def test_three_tests_are_one_notice(tmp_path: Path) -> None:
    """Fire, worsen, resolve from a shell: title, priority, tags, link, one sequence id (F17, F18)."""
    async with far(body=b'{"id": "a1"}') as there:
        file = ntfy(tmp_path, there.url)
        for more in (
            ("--stage", "firing"),
            ("--stage", "worsened", "--severity", "critical"),
            ("--stage", "resolved", "--severity", "critical"),
        ):
            said = await run("test", file, *more, "--output", "json", NTFY_TOKEN=KEY)
            assert said.code == 0, said
            data = json.loads(said.out)
            assert (data["channel"], data["taken"], data["receipt"]) == ("ntfy", True, "a1")
    told = [it.json for it in there.received]
    assert len({it["sequence_id"] for it in told}) == 1
    assert [it["priority"] for it in told] == [4, 5, 3]
    assert told[0]["title"] == "[TEST] warning firing: TEST"
    assert told[0]["tags"] == ["warning", "firing", "test"]
    assert all(it.headers["Authorization"] == f"Bearer {KEY}" for it in there.received)


async def test_a_key_may_lie_in_a_file(tmp_path: Path) -> None:
    """As a mounted secret does; and the answer for people says how long it took."""
    (tmp_path / "token").write_text(f"{KEY}\n", encoding="utf-8")
    async with far(body=b'{"id": "a1"}') as there:
        said = await run("test", ntfy(tmp_path, there.url), NTFY_TOKEN_FILE=str(tmp_path / "token"))
    assert said.code == 0
    assert said.out.startswith("taken by ntfy in ")
    assert said.out.rstrip().endswith("ms, receipt a1")


async def test_what_went_wrong_is_said(tmp_path: Path) -> None:
    """What, where, why and how to mend it, and no key (row J10)."""
    async with far(status=401, body=b'{"code": 40101, "error": "unauthorized"}') as there:
        said = await run("test", ntfy(tmp_path, there.url), NTFY_TOKEN=KEY)
    assert said.code == 1
    assert "channel ntfy: answered 401: unauthorized (auth)" in said.err
    assert "to fix: make a new key there" in said.err
    said = await run("test", ntfy(tmp_path, there.url), NTFY_TOKEN=KEY)
    assert "channel ntfy: 127.0.0.1:" in said.err
    assert "(unreachable, worth another try)" in said.err
    assert KEY not in said.err + said.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: nfty", "did you mean `ntfy`?"),
        ("topic: ana", "it has no kind"),
        ("- ntfy", "no settings of a channel"),
        ("kind: ntfy\ntopik: ana", "did you mean `topic`?"),
        (f"kind: ntfy\ntopic: ana\ntoken: {KEY}", "name of a secret"),
        ("kind: ntfy\ntopic: ana\ntoken: NTFY_TOKEN", "set NTFY_TOKEN to the key"),
        ("kind: ntfy\ntopic: ana\nurl: http://ntfy.lan\ntoken: NTFY_TOKEN", "insecure: true"),
    ],
)
async def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    """With the file, the field and the mend; nothing is sent (row J10)."""
    file = tmp_path / "wrong.yaml"
    file.write_text(text, encoding="utf-8")
    more = {"NTFY_TOKEN": KEY} if "http://" in text else {}
    said = await run("test", file, **more)
    assert said.code == 2
    assert "wrong.yaml" in said.err
    assert says in said.err
    assert KEY not in said.err + said.out


async def test_a_preview_needs_no_secret_and_sends_nothing(tmp_path: Path) -> None:
    """What would go over the wire, with names in the place of keys, for every kind."""
    async with far() as there:
        for text, wanted in {
            "kind: ntfy\ntopic: ana\ntoken: A_KEY": "Bearer {A_KEY}",
            "kind: telegram\nchat: 4\ntoken: A_KEY": "/bot{A_KEY}/sendMessage",
            "kind: homeassistant\nservice: mobile_app_a\ntoken: A_KEY": "Bearer {A_KEY}",
            "kind: webhook\nsecret: A_KEY": "X-Hashhedge-Signature",
            "kind: alertmanager": "endsAt",
            "kind: email\nhost: a.org\nsender: a@a.org\nto: [b@b.org]\nuser: a\npassword: A_KEY": "{A_KEY}",
            "kind: apprise": "json://{A_KEY}@",
        }.items():
            file = tmp_path / "a.yaml"
            place = there.url.removeprefix("http://")
            url = f"json://{{A_KEY}}@{place}" if "apprise" in text else there.url
            told = text if "email" in text else f'{text}\nurl: "{url}"\n'
            file.write_text(told, encoding="utf-8")
            said = await run("preview", file, "--severity", "critical")
            assert said.code == 0, said
            assert wanted in said.out
            assert "[TEST] critical firing: TEST" in said.out
    assert there.received == []


async def test_a_press_of_a_test_arrives(
    tmp_path: Path, own_redis: TestRedis, own_mosquitto: TestBroker
) -> None:
    """Its button is a real one: the service knows who presses, and that there is no such alert."""
    async with (
        commanded(own_redis, own_mosquitto, tmp_path) as room,
        far(body=b'{"id": "a1"}') as there,
        aiohttp.ClientSession() as phone,
    ):
        file, users = ntfy(tmp_path, there.url), tmp_path / "users"
        told = {"NTFY_TOKEN": KEY, "HASHHEDGE_COMMAND_USERS": str(users)}
        said = await run(
            "test", file, "--user", "anna", **told, HASHHEDGE_PUBLIC_URL=room.service.url
        )
        assert said.code == 0, said
        ack: dict[str, Any] = there.received[0].json["actions"][0]
        async with phone.post(ack["url"], data=ack["body"], headers=ack["headers"]) as answer:
            heard = await answer.json()
        assert answer.status == 422
        assert (heard["by"], heard["text"]) == ("anna", "there is no rule `push-test`")
        assert ANNAS_KEY not in json.dumps(there.received[0].json)
        said = await run("test", file, "--user", "anna", **told)
        assert said.code == 2
        assert "set HASHHEDGE_PUBLIC_URL" in said.err
        where = ("--buttons-to", room.service.url)
        said = await run("test", file, "--user", "carl", "--users", users, *where, NTFY_TOKEN=KEY)
        assert said.code == 2
        assert "`carl` has no key" in said.err

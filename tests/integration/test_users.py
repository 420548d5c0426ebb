"""Users of a whole service: inboxes on a broker under the sample's rules, follows, receipts, commands."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.letters import FIELD, encode_letter, letter_of
from monitor.__main__ import main
from monitor.app.posting import GROUP, letter_store
from monitor.core.clock import SystemClock
from monitor.store.client import connected
from monitor.store.outbox_stream import OutboxStream
from monitor.store.ticks import append_raw
from tests.command import Said, hashhedge
from tests.commanding import HOUR, KEYS, PASSWORDS, Room, commanded, guarded_broker
from tests.listeners import Heard, Listener, listening
from tests.servers import TestBroker, TestRedis
from tests.transitions import transition
from tests.waiting import wait_until
from tests.worlds import quote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

RULES = """\
escalations:
  - name: desk
    steps: [{after: 1s, to: desk}]
rules:
  - {id: a-high, type: threshold, on: A-USD, above: 10, recover: 5}
  - {id: b-high, type: threshold, on: B-USD, above: 10, recover: 5}
  - {id: c-high, type: threshold, on: C-USD, above: 10, recover: 5, notify: {escalate: desk}}
"""
USERS = """\
teams:
  - {name: desk}
users:
  - name: anna
    language: zh-CN
    follows: {companies: [A-USD]}
  - name: bob
    teams: [desk]
    follows: {companies: [B-USD]}
"""


class House:
    """A service with two users, and what each of the two hears on the broker of all that there is."""

    def __init__(self, room: Room, url: str, anna: Listener, bob: Listener) -> None:
        self.room, self.url, self.anna, self.bob = room, url, anna, bob

    async def price(self, name: str, value: float) -> None:
        """Tell a price, and come back when it is computed."""
        at = SystemClock().now()
        await append_raw(self.room.redis, KEYS, [quote(name, value, at, fresh_ms=HOUR)], at)
        await self.room.settled()

    async def again(self, name: str) -> None:
        """Let the alert of a price end and fire."""
        await self.price(name, 1)
        await self.price(name, 11)

    async def ask(self, *words: str | Path) -> Said:
        """Run a command against this service."""
        return await asyncio.to_thread(hashhedge, *words, "--redis-url", self.url)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[TestBroker]:
    """Start a broker with the sample's rules."""
    broker = guarded_broker(tmp_path)
    yield broker
    broker.stop()


@asynccontextmanager
async def housed(redis: TestRedis, broker: TestBroker, folder: Path) -> AsyncIterator[House]:
    """Run a service with users."""
    (folder / "users.yaml").write_text(USERS, encoding="utf-8")

    def named(name: str) -> str:
        return broker.url.replace("//", f"//{name}:{PASSWORDS[name]}@")

    async with AsyncExitStack() as stack:
        heard = [
            await stack.enter_async_context(listening(named(name), "hashhedge/v1/main/#"))
            for name in ("anna", "bob")
        ]
        room = await stack.enter_async_context(
            commanded(
                redis,
                broker,
                folder,
                rules=RULES,
                users=folder / "users.yaml",
                mqtt_url=broker.url.replace("//", "//hashhedge@"),
                mqtt_password=PASSWORDS["hashhedge"],
            )
        )
        yield House(room, redis.url, *heard)


def inbox(listener: Listener, name: str) -> list[Heard]:
    """Return what a listener heard of somebody's inbox."""
    return listener.on(f"/user/{name}/inbox")


async def test_each_hears_what_he_follows_in_his_own_inbox(
    own_redis: TestRedis, guarded: TestBroker, tmp_path: Path
) -> None:
    """Under the sample's rules nobody sees another's inbox; the payload is the alert's (F23, I12)."""
    async with housed(own_redis, guarded, tmp_path) as house:
        await house.price("A-USD", 11)
        await house.price("B-USD", 11)
        (mine,) = await house.anna.wait_for("/user/anna/inbox")
        (his,) = await house.bob.wait_for("/user/bob/inbox")
        (shared,) = await house.anna.wait_for("/a-high/A-USD/event")
        assert (mine.qos, mine.retain) == (1, False)
        assert mine.json["rule"] == "a-high"
        assert his.json["rule"] == "b-high"
        stamped = {"seq", "sent_at"}
        assert {k: v for k, v in mine.json.items() if k not in stamped} == {
            k: v for k, v in shared.json.items() if k not in stamped
        }
        # both have heard the alerts that are for all, so the inboxes were there to be heard
        await house.bob.wait_for("/a-high/A-USD/event")
        await house.anna.wait_for("/b-high/B-USD/event")
        assert inbox(house.anna, "bob") == []
        assert inbox(house.bob, "anna") == []


async def test_nobody_learns_what_another_follows(
    own_redis: TestRedis, guarded: TestBroker, tmp_path: Path
) -> None:
    """Watch lists and follows are on no topic (I12)."""
    async with housed(own_redis, guarded, tmp_path) as house:
        await house.ask("watchlist", "add", "annas-secret", "HIVE")
        users = ("--users", tmp_path / "users.yaml")
        await house.ask("users", "follow", "anna", "watchlist=annas-secret", *users)
        await house.price("A-USD", 11)
        await house.anna.wait_for("/user/anna/inbox")
        heard = [*house.bob.heard, *house.anna.heard, *house.room.listener.heard]
        assert len(house.bob.heard) > 0
        assert not [it for it in heard if "secret" in it.topic or b"secret" in it.payload]


async def test_a_rule_of_ones_own_is_said_below_its_owner_alone(
    own_redis: TestRedis, guarded: TestBroker, tmp_path: Path
) -> None:
    """Event, state, silences and their ends: another user, who hears all he may, learns nothing (I12)."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("{id: secret, type: threshold, on: A-USD, above: 7, recover: 5}\n")
    async with housed(own_redis, guarded, tmp_path) as house:
        await house.price("A-USD", 1)
        bound = house.room.service.worker.step
        said = await house.ask("rules", "set", "--user", "anna", mine)
        assert said.code == 0, said.err
        await wait_until(lambda: house.room.service.worker.step is not bound, "it is bound")
        await house.price("A-USD", 11)
        (event,) = await house.anna.wait_for("/user/anna/event/secret.A-USD")
        (state,) = await house.anna.wait_for("/user/anna/state/secret.A-USD")
        assert (event.json["rule"], event.json["owner"]) == ("anna.secret", "anna")
        assert (state.json["state"], state.json["threshold"]) == ("firing", 7.0)
        await house.ask("silence", "add", "key=A-USD", "--for", "1h", "--reason", "works")
        await house.again("A-USD")
        (row,) = (await house.ask("silence", "list", "-o", "json")).json
        await house.ask("silence", "end", row["id"])
        await house.ask("rules", "remove", "--user", "anna", "secret")
        states = house.anna.on
        await wait_until(
            lambda: not states("/user/anna/state/secret.A-USD")[-1].payload, "it is taken back"
        )
        await house.price("B-USD", 11)
        await house.bob.wait_for("/user/bob/inbox")
        assert [it for it in house.bob.heard if "/alert/silence/" in it.topic]
        assert not [it for it in house.bob.heard if "secret" in it.topic or b"secret" in it.payload]


async def test_unfollowing_by_command_counts_from_the_next_tick_on(
    own_redis: TestRedis, guarded: TestBroker, tmp_path: Path
) -> None:
    """And following again as well; the command says what is followed now (L36)."""
    users = ("--users", tmp_path / "users.yaml")
    async with housed(own_redis, guarded, tmp_path) as house:
        await house.price("A-USD", 11)
        await house.anna.wait_for("/user/anna/inbox")
        said = await house.ask("users", "unfollow", "anna", "company=A-USD", *users)
        assert said.out == "anna follows company:A-USD\nand is not told of company:A-USD\n"
        await house.again("A-USD")
        await house.anna.wait_for("/a-high/A-USD/event", 3)
        rows = (await house.ask("route", "test", "--alert", "a-high/A-USD", *users,
                                "--rules", tmp_path / "rules.yaml", "-o", "json")).json  # fmt: skip
        assert [row["verdict"] for row in rows] == ["unfollowed", "not_followed"]
        said = await house.ask("users", "forget", "anna", "company=A-USD", *users)
        assert said.out == "anna follows company:A-USD\n"
        await house.again("A-USD")
        notices = [it.json["notice"] for it in await house.anna.wait_for("/user/anna/inbox", 2)]
        # the end of what she was not told of is not told either
        assert notices == ["new", "new"]


async def test_an_escalation_to_a_team_reaches_its_members(
    own_redis: TestRedis, guarded: TestBroker, tmp_path: Path
) -> None:
    """Nobody acknowledged: the next target is the desk, which is bob, and its end follows (E26)."""
    async with housed(own_redis, guarded, tmp_path) as house:
        await house.price("C-USD", 11)
        await house.bob.wait_for("/c-high/C-USD/event")
        (told,) = await house.bob.wait_for("/user/bob/inbox")
        assert (told.json["rule"], told.json["notice"]) == ("c-high", "escalation")
        assert told.json["summary"].startswith("Nobody acknowledged for 1 s: ")
        assert [it["name"] for it in told.json["inputs"]] == ["C-USD"]
        await house.price("C-USD", 1)
        end = (await house.bob.wait_for("/user/bob/inbox", 2))[1]
        assert (end.json["state"], end.json["notice"]) == ("resolved", "resolved")
        assert inbox(house.anna, "anna") == []


async def test_receipts_say_what_reached_whom(
    own_redis: TestRedis, guarded: TestBroker, tmp_path: Path
) -> None:
    """`delivery list`, and `explain alert` beside the reason why it rang (F28)."""
    async with housed(own_redis, guarded, tmp_path) as house:
        await house.price("A-USD", 11)
        await house.anna.wait_for("/user/anna/inbox")

        async def receipts() -> list[dict[str, Any]]:
            words = ("delivery", "list", "--alert", "a-high/A-USD", "-o", "json")
            rows: list[dict[str, Any]] = (await house.ask(*words)).json
            return rows

        said = await house.ask("delivery", "list", "--user", "bob", "--alert", "a-high/A-USD")
        assert said.out.split("\n")[0] == "nothing of a-high/A-USD was brought to bob yet"
        rows = await receipts()
        while not rows:
            rows = await receipts()
        (row,) = rows
        assert (row["user"], row["channel"], row["outcome"]) == ("anna", "inbox", "delivered")
        assert row["alert_id"] == inbox(house.anna, "anna")[0].json["id"] == row["receipt"]
        explained = await house.ask(
            "explain", "alert", "a-high", "A-USD", "--rules", tmp_path / "rules.yaml", "-o", "json"
        )
        assert [it["user"] for it in explained.json["deliveries"]] == ["anna"]
        async with house.room.session.get("/metrics") as page:
            text = await page.text()
        assert 'hashhedge_channel_messages_total{channel="inbox"} 1.0' in text
        assert "anna" not in text


async def test_a_letter_that_no_channel_took_is_tried_again_by_command(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """It stands among the dead letters with whom it is for, and goes back to its stream."""
    letter = letter_of(transition(), "anna", SystemClock().now())
    async with connected(own_redis.url) as client:
        stream = OutboxStream(
            client, KEYS.letters, GROUP, consumer="c", dead_key=KEYS.dead_user_letters
        )
        await stream.ensure_group()
        await client.xadd(KEYS.letters, {FIELD: encode_letter(letter)})
        (entry,) = await stream.read(1, 10)
        await stream.dead_letter(entry, "ntfy: auth")
        words = ("--redis-url", own_redis.url)
        (row,) = hashhedge("dlq", "list", *words, "-o", "json", cwd=tmp_path).json
        assert (row["of"], row["reason"]) == ("margin-low|RIOT to anna", "ntfy: auth")
        assert row["id"].startswith("letters:")
        assert hashhedge("dlq", "requeue", row["id"], *words, cwd=tmp_path).code == 0
        (again,) = await stream.read(1, 10)
        assert again.fields[FIELD.encode()] == encode_letter(letter)
        assert hashhedge("dlq", "list", *words, cwd=tmp_path).out == "nothing is put aside\n"


class Terminal:
    """The command in this process: twenty of them take no longer than one of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def __call__(self, *words: str | Path) -> Said:
        """Run it to its end."""
        self._patch.setattr(sys, "argv", ["hashhedge", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capture.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """Give the command, in an empty folder."""
    for name in [name for name in os.environ if name.startswith("HASHHEDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return Terminal(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("users", "follow", "ana", "company=RIOT"), "did you mean `anna`"),
        (("users", "follow", "anna", "company=RIOTT"), "did you mean `RIOT`"),
        (("users", "follow", "anna", "rule=btc-under-10k"), "did you mean `btc-under-100k`"),
        (("users", "follow", "anna", "rule=bob.low"), "which bob alone is told of"),
        (("users", "follow", "anna", "watchlist=Mine"), "no name of a watch list"),
        (("users", "follow", "anna", "RIOT"), "nothing to follow"),
        (("users", "follows", "anna"), "no running service"),
        (("route", "test", "--alert", "nix/RIOT"), "there is no rule `nix`"),
        (("route", "test", "--alert", "nix"), "is no alert"),
        (("route", "test", "--alert", "stock-falls/RIOT", "--user", "ana"), "did you mean `anna`"),
        (("route", "test", "--alert", "stock-falls/RIOT", "--at", "soon"), "is no moment"),
    ],
)
def test_commands_refuse_what_is_nothing(
    here: Terminal, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    """Each mistake has its place and its mend."""
    path = tmp_path / "users.yaml"
    path.write_text(USERS, encoding="utf-8")
    said = here(*words, "--users", path)
    assert said.code == 2
    assert why in said.err


def test_a_users_file_is_asked_for_where_there_is_none(here: Terminal) -> None:
    """The error names the option, the setting and the page."""
    said = here("users", "list")
    assert (said.code, "docs/users.md" in said.err) == (2, True)


def test_all_books_are_checked_with_the_users(here: Terminal, tmp_path: Path) -> None:
    """`config check` names file and line of a wrong user, and counts good ones."""
    path = tmp_path / "users.yaml"
    path.write_text(USERS.replace("zh-CN", "zh"), encoding="utf-8")
    said = here("config", "check", "--users", path)
    assert said.code == 2
    assert f"{path}:5" in said.err
    path.write_text(USERS, encoding="utf-8")
    assert "2 users" in here("config", "check", "--users", path).out


def test_the_users_of_a_file_are_listed_and_its_schema_printed(
    here: Terminal, tmp_path: Path
) -> None:
    """For people, for programs, for editors."""
    path = tmp_path / "users.yaml"
    path.write_text(USERS, encoding="utf-8")
    assert "zh-CN" in here("users", "list", "--users", path).out
    rows = here("users", "list", "--users", path, "-o", "json").json
    assert [(row["user"], row["follows"]) for row in rows] == [
        ("anna", ["company:A-USD"]),
        ("bob", ["company:B-USD"]),
    ]
    assert here("users", "schema").json["title"] == "users"


def test_a_route_is_shown_with_topics_channels_and_reasons(here: Terminal, tmp_path: Path) -> None:
    """Without a service as well: of a user, of all, at a severity, at an hour (F22)."""
    path = tmp_path / "users.yaml"
    quiet = '    quiet: [{from: "22:00", to: "07:00"}]\n'
    text = USERS.replace("  - name: bob\n", f"  - name: bob\n    zone: Asia/Shanghai\n{quiet}")
    path.write_text(text.replace("B-USD", "RIOT"), encoding="utf-8")
    words = ("route", "test", "--users", path, "--alert", "mining-margin-thin/RIOT", "-o", "json")
    night = ("--at", "2026-03-07T03:00+08:00")
    anna, bob = here(*words, *night).json
    assert (anna["verdict"], anna["channels"], anna["topics"]) == ("not_followed", [], [])
    assert (bob["verdict"], bob["until"]) == ("quiet_hours", "2026-03-06T23:00:00.000Z")
    assert bob["channels"] == ["inbox"]
    assert bob["topics"] == ["hashhedge/v1/main/user/bob/inbox"]
    assert bob["shared_topic"] == "hashhedge/v1/main/alert/mining-margin-thin/RIOT/event"
    (loud,) = here(*words, *night, "--user", "bob", "--severity", "critical").json
    assert loud["verdict"] == "sent"
    said = here(*words[:-2], "--user", "bob", "--at", "2026-03-07T12:00+08:00")
    assert "sent" in said.out
    assert "no running service" in said.err


def test_a_channel_with_wrong_settings_is_named_with_its_line(
    here: Terminal, tmp_path: Path
) -> None:
    """`users check` looks at what a channel itself says of its settings."""
    path = tmp_path / "users.yaml"
    path.write_text(
        "users:\n  - name: anna\n    channels:\n      - {kind: inbox, topic: x}\n",
        encoding="utf-8",
    )
    said = here("users", "check", path)
    assert said.code == 2
    assert f"{path}:4: user `anna`, channel inbox: `topic` is no setting of an inbox" in said.err
    path.write_text("users:\n  - name: anna\n", encoding="utf-8")
    assert here("users", "check", path).out == "fine: 1 user, 0 teams\n"


def test_a_channel_without_its_secret_is_named_with_its_line(
    here: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them, before a night in which it would have been wanted."""
    path = tmp_path / "users.yaml"
    path.write_text(
        "users:\n"
        "  - name: anna\n"
        "    channels:\n"
        "      - {kind: inbox}\n"
        "      - {kind: ntfy, topic: annas, token: ANNAS_TOKEN}\n"
        "      - {kind: telegram, chat: -100, token: ANNAS_BOT}\n",
        encoding="utf-8",
    )
    monkeypatch.delenv("ANNAS_TOKEN", raising=False)
    said = here("users", "check", path)
    assert said.code == 2
    for line, name in ((5, "ANNAS_TOKEN"), (6, "ANNAS_BOT")):
        assert f"{path}:{line}: user `anna`" in said.err
        assert name in said.err
    monkeypatch.setenv("ANNAS_TOKEN", "tk_0123456789abcdef")
    monkeypatch.setenv("ANNAS_BOT", "123456:abcdefghijklmnopqrstuvwxyz0123456789")
    said = here("users", "check", path)
    assert (said.code, said.out) == (0, "fine: 1 user, 0 teams\n")


async def test_the_doctor_names_what_does_not_work(own_redis: TestRedis, tmp_path: Path) -> None:
    """The channel that fails since when and why; and how many users there are."""
    path = tmp_path / "users.yaml"
    path.write_text(USERS, encoding="utf-8")
    async with connected(own_redis.url) as client:
        await letter_store(client, KEYS).failed("anna|ntfy|auth", (), 1_768_229_760_000, b"{}")
    said = await asyncio.to_thread(
        hashhedge, "doctor", "--redis-url", own_redis.url, "-o", "json", cwd=tmp_path,
        env={"HASHHEDGE_USERS": str(path)},
    )  # fmt: skip
    rows = {(row["group"], row["check"]): row for row in said.json}
    found = rows["users", "anna ntfy"]
    assert found["result"] == "warn"
    assert found["detail"] == "does not take messages since 2026-01-12T14:56:00.000Z: auth"
    assert rows["config", "users"]["detail"].startswith("2 users")


async def test_a_wrong_file_ends_the_start(tmp_path: Path) -> None:
    """Exit code 2, with the line, before anything is connected."""
    path = tmp_path / "users.yaml"
    path.write_text("users:\n  - name: Anna\n", encoding="utf-8")
    said = await asyncio.to_thread(
        hashhedge, "run", "--web-port", "0", cwd=tmp_path, env={"HASHHEDGE_USERS": str(path)}
    )
    assert said.code == 2
    assert f"{path}:2" in said.err

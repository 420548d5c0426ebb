"""Letters from the sink to the telephone, on a real Redis: channels in turn, quiet hours, caps, crashes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from alerts.acks import Ack
from alerts.channels.base import Stage
from alerts.codec import encode_transition
from alerts.model import News, Severity
from alerts.rehearsal import drill
from alerts.routing import thread_of
from alerts.users import UsersBook
from monitor.core.clock import DAY, HOUR, MINUTE
from monitor.core.errors import DeliveryError
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.letters import Release
from monitor.store.watchlists import WatchlistStore
from tests.people import book, moment, team, user
from tests.posting import HASTY, posted, until
from tests.transitions import resolved, transition
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

BOTH: dict[str, Any] = {"channels": [{"kind": "ntfy"}, {"kind": "email"}]}
ONE: dict[str, Any] = {"channels": [{"kind": "ntfy"}]}
NIGHT: dict[str, Any] = {
    "zone": "Asia/Shanghai",
    "quiet": [{"from": "22:00", "to": "07:00"}],
    **ONE,
}
THREE = moment("2026-03-04T03:00+08:00")
SEVEN = moment("2026-03-04T07:00+08:00")


def auth(_: int) -> DeliveryError:
    """Fail as a token that ran out does."""
    return DeliveryError("401", retriable=False, reason="auth")


def warning(at: int, key: str = "RIOT", **changes: Any) -> Any:
    """Return a warning that fires at a moment."""
    return transition(key=key, severity=Severity.WARNING, at=at, since=at - MINUTE, **changes)


async def test_a_refusing_channel_hands_over_to_the_next_and_is_told_once(
    redis: RedisClient, tag: str
) -> None:
    """401: metric reason `auth`, the alert by the second channel, ops told once (F28)."""
    async with posted(redis, tag, book(user(**BOTH))) as post:
        post.phones["ntfy"].fault = auth
        post.start()
        await post.tell(transition(), transition(key="HIVE"))
        got = await until(post, 2, "email")
        await post.done()
        assert [it.key for it in got] == ["RIOT", "HIVE"]
        assert post.ntfy == []
        assert post.counted("hashhedge_channel_failures_total", channel="ntfy", reason="auth") == 2
        assert post.counted("hashhedge_channel_messages_total", channel="email") == 2
        (notice,) = await post.notices()
        assert (notice.rule, notice.key, notice.told) == (News.CHANNEL.value, "ntfy", True)
        assert notice.summary == "A channel ntfy does not take messages: auth."
        assert "ana" not in encode_transition(notice).decode()
        receipts = await post.store.receipts()
        assert [(it["channel"], it["outcome"]) for it in receipts] == [
            ("ntfy", "auth"),
            ("email", "delivered"),
        ] * 2

        # it works again, so the next failure is another episode
        post.phones["ntfy"].fault = lambda _: None
        await post.tell(transition(key="MARA"))
        await until(post, 1)
        post.phones["ntfy"].fault = auth
        await post.tell(transition(key="CORZ"))
        await until(post, 3, "email")
        assert len(await post.notices()) == 2


async def test_a_channel_that_fails_at_several_users_is_told_once(
    redis: RedisClient, tag: str
) -> None:
    """One notice of a kind and reason, of nobody by name; the faults are kept by user (F28, I12)."""
    async with posted(redis, tag, book(user(**BOTH), user("ben", **BOTH))) as post:
        post.phones["ntfy"].fault = auth
        post.start()
        await post.tell(transition())
        await until(post, 2, "email")
        await post.done()
        assert [notice.key for notice in await post.notices()] == ["ntfy"]
        assert sorted(await post.store.faults()) == ["ana|ntfy|auth", "ben|ntfy|auth"]


async def test_what_may_pass_is_tried_again_before_the_next_channel(
    redis: RedisClient, tag: str
) -> None:
    """Twice unreachable is no reason to leave the channel; always is."""
    async with posted(redis, tag, book(user(**BOTH))) as post:
        away = DeliveryError("away", retriable=True, reason="unreachable")
        post.phones["ntfy"].fault = lambda tried: away if tried <= 2 else None
        post.start()
        await post.tell(transition())
        await until(post, 1)
        assert await post.notices() == []
        post.phones["ntfy"].fault = lambda _: away
        await post.tell(transition(key="HIVE"))
        await until(post, 1, "email")
        assert post.phones["ntfy"].tried == 3 + HASTY.tries


async def test_a_channel_that_asks_for_a_long_wait_has_had_its_turn(
    redis: RedisClient, tag: str
) -> None:
    """Its wish is kept for as long as the courier waits; beyond that the next one is asked."""
    async with posted(redis, tag, book(user(**BOTH))) as post:
        full = DeliveryError("429", retriable=True, reason="rate_limited", retry_after_ms=HOUR)
        post.phones["ntfy"].fault = lambda _: full
        post.start()
        await post.tell(transition())
        await until(post, 1, "email")
        assert post.phones["ntfy"].tried == 1


async def test_what_no_channel_takes_is_put_aside(redis: RedisClient, tag: str) -> None:
    """With each channel's reason, and without holding up what comes after it."""
    async with posted(redis, tag, book(user(**BOTH))) as post:
        large = DeliveryError("413", retriable=False, reason="too_large")
        post.phones["ntfy"].fault = auth
        post.phones["email"].fault = lambda tried: large if tried == 1 else None
        post.start()
        await post.tell(transition(), transition(key="HIVE"))
        await until(post, 1, "email")
        await post.done()
        (dead,) = await post.dead()
        assert dead["reason"] == "ntfy: auth; email: too_large"
        assert post.counted("hashhedge_user_letters_total", outcome="dead") == 1
        assert post.counted("hashhedge_user_letters_total", outcome="delivered") == 1


async def test_a_letter_is_written_once_however_often_the_alert_is_sent(
    redis: RedisClient, tag: str
) -> None:
    """The relay sends again after a crash; the user hears it once."""
    async with posted(redis, tag, book(user(**ONE), user("ben", **ONE))) as post:
        item = transition()
        await post.tell(item, item)
        assert await post.waiting() == 2
        post.start()
        got = await until(post, 2)
        await post.tell(item)
        await post.done()
        assert sorted(it.user for it in got) == ["ana", "ben"]
        assert len({it.id for it in got}) == 2


async def test_a_courier_that_dies_is_followed_by_one_that_begins_where_it_was(
    redis: RedisClient, tag: str
) -> None:
    """What was in his hands goes out under the same id."""
    async with posted(redis, tag, book(user(**ONE))) as post:
        away = DeliveryError("away", retriable=True, reason="unreachable")
        post.phones["ntfy"].fault = lambda _: away
        post.start()
        await post.tell(transition())
        await wait_until(lambda: post.phones["ntfy"].tried, "a try")
        await post.stop()
        assert await post.waiting() == 1
        post.phones["ntfy"].fault = lambda _: None
        post.start()
        (got,) = await until(post, 1)
        await post.done()
        assert got.alert_id == transition().id


async def test_a_warning_at_three_is_in_the_digest_at_seven(redis: RedisClient, tag: str) -> None:
    """Held over a restart, listed once at the end of the night; a critical one goes at once (F21)."""
    async with posted(redis, tag, book(user(**NIGHT))) as post:
        post.clock.moment = THREE
        post.start()
        low, over = warning(THREE), warning(THREE, "HIVE")
        await post.tell(low, over, transition(key="MARA", at=THREE, since=THREE))
        (critical,) = await until(post, 1)
        assert critical.key == "MARA"
        post.clock.moment = THREE + HOUR
        await post.tell(resolved(over, severity=Severity.WARNING))
        await post.stop()

        post.clock.moment = SEVEN - 1
        assert await post.look() == 0
        post.clock.moment = SEVEN
        post.start()
        digest = (await until(post, 2))[1]
        await post.done()
        assert (digest.stage, digest.rule) == (Stage.DIGEST, "")
        assert digest.title == "Held for you: 2"
        assert digest.text.splitlines() == [
            "Still firing:",
            "- 03-04 03:00 Warning: RIOT mining margin 8 % is below 10 %",
            "Over meanwhile:",
            "- 03-04 03:01 Warning: RIOT mining margin 8 % is below 10 %",
        ]
        assert [line.key for line in digest.alert.lines] == ["RIOT", "HIVE"]  # type: ignore[union-attr]
        assert await post.store.holding() == []

        # whoever was told by the digest is told of the end; of the other he heard it already
        post.clock.moment = SEVEN + HOUR
        await post.tell(resolved(low, severity=Severity.WARNING, at=SEVEN + HOUR))
        end = (await until(post, 3))[2]
        assert (end.stage, end.thread) == (Stage.RESOLVED, thread_of(low, "ana"))
        await post.tell(resolved(over, number=9, at=SEVEN + HOUR))
        await post.done()
        assert len(post.ntfy) == 3


@pytest.mark.parametrize(("rule", "mark"), [("margin-low", ""), ("ana.mine", "@")])
async def test_a_digest_says_who_has_taken_an_alert_on(
    redis: RedisClient, tag: str, rule: str, mark: str
) -> None:
    """Nobody is told of an acknowledgement, so where the alert stands by now is looked up (F21)."""
    async with posted(redis, tag, book(user(**NIGHT))) as post:
        post.clock.moment = THREE
        post.start()
        fire = replace(warning(THREE), rule=rule)
        await post.tell(fire)
        ack = Ack(by="ben", note="", at=THREE + MINUTE, until=None)
        taken = encode_transition(replace(fire, ack=ack, notice=None))
        await redis.hset(Keys(tag).alert_states, f"{mark}{fire.name}", taken)
        post.clock.moment = SEVEN
        (digest,) = await until(post, 1)
        assert digest.text.splitlines()[0] == "Taken on, still firing:"
        assert digest.text.endswith(" (ben)")


async def test_a_drill_is_neither_held_nor_counted(redis: RedisClient, tag: str) -> None:
    """It tries the way to the user: by night too, and it takes no place under the cap (F21)."""
    async with posted(redis, tag, book(user(**NIGHT, cap_per_hour=1))) as post:
        post.clock.moment = THREE
        post.start()
        await post.tell(warning(THREE), *(drill(warning(THREE), it, THREE) for it in "abc"))
        got = await until(post, 3)
        assert all(it.test for it in got)
        assert len(await post.store.held("ana")) == 1
        assert await post.store.sent_at("ana", THREE) == ()


async def test_a_crash_at_the_end_of_the_night_makes_no_second_digest(
    redis: RedisClient, tag: str
) -> None:
    """The digest is written and what it lists removed in one step; a second look finds nothing."""
    async with posted(redis, tag, book(user(**NIGHT))) as post:
        post.clock.moment = THREE
        await post.tell(warning(THREE), warning(THREE, "HIVE"))
        fields = tuple(await post.store.held("ana"))
        post.clock.moment = SEVEN
        assert await post.look() == 1
        assert await post.look() == 0
        # one that had read before it died cannot let go again what is not held any more
        late = Release(id="late", user="ana", body=b"{}", fields=fields)
        assert not await post.store.release(late, SEVEN)
        assert await post.waiting() == 1


async def test_what_was_held_gives_way_to_louder_news_of_the_same_alert(
    redis: RedisClient, tag: str
) -> None:
    """A warning is held, becomes critical and ends: two messages, and no digest about it."""
    async with posted(redis, tag, book(user(**NIGHT))) as post:
        post.clock.moment = THREE
        post.start()
        low = warning(THREE)
        worse = transition(at=THREE + MINUTE, since=low.since, number=2)
        end = resolved(low, severity=Severity.CRITICAL, number=3)
        await post.tell(low, worse, end)
        got = await until(post, 2)
        post.clock.moment = SEVEN
        assert await post.look() == 0
        assert [it.stage for it in got] == [Stage.FIRING, Stage.RESOLVED]


async def test_beyond_the_cap_alerts_come_together_when_there_is_room(
    redis: RedisClient, tag: str
) -> None:
    """Two an hour: the other three in one message an hour after the first."""
    async with posted(redis, tag, book(user(**ONE, cap_per_hour=2))) as post:
        post.start()
        begun = post.clock.moment
        await post.tell(*(warning(begun, key) for key in ("RIOT", "HIVE", "MARA", "CORZ", "HUT")))
        await until(post, 2)
        post.clock.moment = begun + HOUR - 1
        assert await post.look() == 0
        post.clock.moment = begun + HOUR
        digest = (await until(post, 3))[2]
        assert digest.title == "Held for you: 3"


async def test_unfollowing_counts_from_the_next_alert_on(redis: RedisClient, tag: str) -> None:
    """By command and by watch list, without a restart or a reload (F23, L36)."""
    ana = user(**ONE, follows={"watchlists": ["mine"]})
    async with posted(redis, tag, book(ana)) as post:
        post.start()
        lists = WatchlistStore(redis, post.keys)
        await post.tell(transition())
        await lists.put("mine", ["RIOT"], lists=9, most=9)
        await post.tell(transition(number=2), transition(key="HIVE"))
        await until(post, 1)
        await post.store.follow("ana", ["company:RIOT"], wanted=False)
        await post.tell(transition(number=3))
        await post.store.follow("ana", ["company:HIVE"], wanted=True)
        await post.tell(transition(number=4), transition(key="HIVE", number=5))
        await until(post, 2)
        await post.done()
        assert [it.key for it in post.ntfy] == ["RIOT", "HIVE"]
        routed = {
            verdict: post.counted("hashhedge_routed_total", verdict=verdict)
            for verdict in ("sent", "not_followed", "unfollowed")
        }
        assert routed == {"sent": 2, "not_followed": 2, "unfollowed": 2}


async def test_old_news_and_news_for_nobody_are_settled(redis: RedisClient, tag: str) -> None:
    """An alert past its lifetime is not worth a bell; a user who left is no error."""
    gone: UsersBook = book(user("ben", **ONE))
    async with posted(redis, tag, book(user(**ONE), user("ben", **ONE))) as post:
        await post.tell(transition())
        post.book = gone
        post.clock.moment += DAY
        post.start()
        await post.done()
        outcomes = {it["user"]: it["outcome"] for it in await post.store.receipts()}
        assert outcomes == {"ana": "no_user", "ben": "expired"}
        assert post.ntfy == []


async def test_what_is_held_for_a_user_who_left_is_given_up(redis: RedisClient, tag: str) -> None:
    """It does not stay for ever."""
    async with posted(redis, tag, book(user(**NIGHT))) as post:
        post.clock.moment = THREE
        await post.tell(warning(THREE))
        post.book = book()
        assert await post.look() == 0
        assert await post.store.holding() == []
        assert await post.store.held("ana") == {}


async def test_a_team_is_told_as_its_members(redis: RedisClient, tag: str) -> None:
    """An escalation to the desk reaches each of them by his own channel (E26)."""
    desk = (team("desk"),)
    ana = user("ana", **ONE, teams=["desk"])
    ben = user("ben", **ONE, teams=["desk"])
    async with posted(redis, tag, book(ana, ben, user("bea", **ONE), teams=desk)) as post:
        post.start()
        await post.tell(transition(inbox="desk", id="e1"))
        got = await until(post, 2)
        await post.done()
        assert sorted(it.user for it in got) == ["ana", "ben"]


async def test_a_channel_is_opened_once_and_anew_when_its_settings_change(
    redis: RedisClient, tag: str
) -> None:
    """It stays open from letter to letter."""
    async with posted(redis, tag, book(user(**ONE))) as post:
        post.start()
        await post.tell(transition(), transition(key="HIVE"))
        await until(post, 2)
        assert post.phones["ntfy"].opened == 1
        post.book = book(user(channels=[{"kind": "ntfy", "topic": "new"}]))
        await post.tell(transition(key="MARA"))
        await until(post, 3)
        assert post.phones["ntfy"].opened == 2


async def test_a_channel_that_hangs_holds_up_nobody_else(redis: RedisClient, tag: str) -> None:
    """Neither the sink, whose letters are written, nor another user's channel."""
    both = book(user("ana", **ONE), user("ben", channels=[{"kind": "email"}]))
    async with posted(redis, tag, both) as post:
        post.phones["ntfy"].hangs = True
        post.start()
        await post.tell(*(transition(key=f"K{number}") for number in range(20)))
        got = await until(post, 20, "email")
        assert [it.key for it in got] == [f"K{number}" for number in range(20)]
        assert post.phones["ntfy"].tried == 1
        await post.done(but=20)


async def test_a_bug_in_a_channel_stops_nobody_else(redis: RedisClient, tag: str) -> None:
    """It is as a refusal: the next channel has its turn."""
    async with posted(redis, tag, book(user(**BOTH))) as post:

        def broken(_: int) -> DeliveryError:
            raise RuntimeError("a bug")

        post.phones["ntfy"].fault = broken
        post.start()
        await post.tell(transition())
        await until(post, 1, "email")
        assert (
            post.counted("hashhedge_channel_failures_total", channel="ntfy", reason="refused") == 1
        )

"""Every stream, whoever wrote it, against every way a stream goes wrong.

The streams are found by their place; a new file is held to this without an edit here, except that
the simulator must know what it sends.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.core.clock import SECOND
from monitor.core.discovery import declared
from monitor.domain.events import Quote
from monitor.domain.flaws import Flaw
from monitor.feeds.base import Feed
from monitor.feeds.declaration import stream_faults
from monitor.feeds.link import LinkState
from monitor.feeds.sequence import Numbering
from monitor.feeds.streams import Quotes, Stream
from tests.simulator.catalogue import STREAMS as SIMULATED
from tests.simulator.server import Simulator
from tests.simulator.streaming import Mood
from tests.streaming import NOW, Listening, listening
from tests.unit.monitor.feeds.doubles import wait_until

WINDOW_S = 1.0


def _in_short(stream: Stream) -> Stream:
    """Return the stream with sums of a beat in place of an hour: each is then what the beat brings."""
    if stream.sums is None:
        return stream
    return replace(stream, sums=replace(stream.sums, window_s=WINDOW_S))


STREAMS = {name: _in_short(stream) for name, stream in declared("monitor.feeds", "STREAM", Stream)}
FEEDS = dict(declared("monitor.feeds", "FEED", Feed))
NAMES = sorted(STREAMS)
NUMBERED = [
    name for name in NAMES if Numbering.CONSECUTIVE in STREAMS[name].spec.numbering.values()
]
# What each mood is called when the connection does not come about, or ends.
ENDS = {
    Mood.DROP: "connection",
    Mood.REFUSE: "not_found",
    Mood.HUGE: "too_large",
    Mood.SILENT: "timeout",
    Mood.UNCONFIRMED: "timeout",
    Mood.THROTTLED: "throttled",
    Mood.SERVER_ERROR: "server_error",
    Mood.UNAUTHORIZED: "unauthorized",
    Mood.FORBIDDEN: "forbidden",
    Mood.GEO_BLOCKED: "geo_blocked",
    Mood.REDIRECT: "redirected",
}
# What each mood is called when it costs the message and nothing more.
COSTS = {
    Mood.GARBAGE: "not_json",
    Mood.BINARY: "not_text",
    Mood.WRONG_SYMBOL: "wrong_symbol",
    Mood.ZEROS: "zero_price",
    Mood.WRONG_TYPE: "wrong_type",
    Mood.NAN: "not_a_number",
}


def failures(at: Listening, reason: str) -> int:
    """Return how often the stream failed for this reason."""
    return at.counts.events["failed", at.name, reason]


def own(at: Listening) -> list[Quote]:
    """Return what was stored of the instrument that the simulator moves."""
    return [quote for quote in at.stored if quote.instrument == SIMULATED[at.name].instrument]


@pytest.mark.parametrize("name", NAMES)
async def test_values_flow(name: str) -> None:
    """Each beat's value is stored with the source's own time and name, and the link is up."""
    async with listening(STREAMS[name]) as at:
        await at.up()
        for _ in range(5):
            await at.beat()
            value = at.simulator.market.value(SIMULATED[name].instrument, name)
            await wait_until(lambda: own(at) != [], "a value is stored")
            assert own(at)[-1].value == value
        quote = own(at)[-1]
        assert quote.source == name
        waited_ms = at.clock.now() - (quote.received_at or 0)
        assert 0 <= waited_ms <= STREAMS[name].spec.flush_s * SECOND
        assert quote.fresh_ms == STREAMS[name].spec.fresh_s * SECOND
        assert at.streamer.record()["link"] == LinkState.UP
        assert at.streamer.brings() == set(STREAMS[name].spec.instruments)
        assert at.simulator.streams.opened[name] == 1
        assert not any(key[0] == "failed" for key in at.counts.events)


@pytest.mark.parametrize("name", NAMES)
async def test_a_quiet_market_is_no_dead_link(name: str) -> None:
    """Ten minutes without a trade: the link stays up, the trade grows old, no reconnect (A06)."""
    async with listening(STREAMS[name]) as at:
        await at.up()
        await at.beat(3)
        at.simulator.streams.set_mood(name, Mood.QUIET)
        await at.beat()
        before = at.streamer.record()["traded_at"]
        for _ in range(60):
            await at.beat(10)
            assert at.streamer.record()["link"] == LinkState.UP
        record = at.streamer.record()
        assert record["traded_at"] == before
        assert at.clock.now() - record["traded_at"] >= 600 * SECOND
        assert record["reconnects"] == 0
        assert at.clock.now() - record["heard_at"] < STREAMS[name].spec.silent_s * SECOND


@pytest.mark.parametrize("mood", ENDS)
@pytest.mark.parametrize("name", NAMES)
async def test_what_ends_a_connection_is_named_and_mended(name: str, mood: Mood) -> None:
    """The reason is counted, nothing wrong is stored; when it is over the stream comes again."""
    if mood is Mood.REFUSE and SIMULATED[name].refusal is None:
        pytest.skip("it refuses no subscription")
    spec, end = STREAMS[name].spec, SIMULATED[name].outcomes.get(mood, ENDS[mood])
    async with listening(STREAMS[name], mood) as at:
        for _ in range(round(max(spec.silent_s, spec.confirm_s)) + 5):
            await at.beat()
            if failures(at, end):
                break
        assert failures(at, end) == 1, at.counts.events
        assert own(at) == []
        assert at.streamer.record()["link"] == LinkState.DOWN
        assert at.streamer.brings() == frozenset()
        assert at.streamer.record()["error"] == end
        at.simulator.streams.set_mood(name, Mood.NORMAL)
        at.clock.advance(3_600)
        await at.up()
        await at.beat(2)
        await wait_until(lambda: own(at) != [], "values come again")
        assert at.streamer.brings() == set(spec.instruments)
        assert at.streamer.record()["error"] == ""


@pytest.mark.parametrize("mood", COSTS)
@pytest.mark.parametrize("name", NAMES)
async def test_a_bad_message_costs_itself_only(name: str, mood: Mood) -> None:
    """It is counted by reason and gives no value; the connection stands and the next one counts."""
    if mood is Mood.WRONG_SYMBOL and not SIMULATED[name].symbol:
        pytest.skip("its messages name no symbol")
    async with listening(STREAMS[name], Mood.QUIET) as at:
        await at.up()
        at.simulator.streams.set_mood(name, mood)
        await at.beat(3)
        reason = SIMULATED[name].outcomes.get(mood, COSTS[mood])
        await wait_until(lambda: failures(at, reason) >= 3, f"{reason} is counted")
        assert own(at) == []
        at.simulator.streams.set_mood(name, Mood.NORMAL)
        await at.beat(2)
        await wait_until(lambda: own(at) != [], "the next value is taken")
        assert at.simulator.streams.opened[name] == 1


@pytest.mark.parametrize("name", NUMBERED)
async def test_gaps_repeats_and_late_ones_are_labelled(name: str) -> None:
    """1, 3, 2, 2, 9: one out of order, one duplicate, one gap of 5; values still flow (A23)."""
    async with listening(STREAMS[name], Mood.QUIET) as at:
        await at.up()
        for number in (1, 3, 2, 2, 9):
            await at.beat()
            await at.simulator.streams.push(name, number)
            await at.beat()
        record = at.streamer.record()
        counted = {key: record[key] for key in ("gaps", "missed", "duplicates", "out_of_order")}
        assert counted == {"gaps": 1, "missed": 5, "duplicates": 1, "out_of_order": 1}
        assert len({quote.observed_at for quote in own(at)}) == 5
        await at.beat(10)
        assert at.counts.events["gap", name] == 1
        (flaw,) = at.streamer.intake.flaws
        assert (flaw.kind, flaw.source, flaw.times) == (Flaw.MISSED, name, 5)
        assert at.counts.missed == 5


@pytest.mark.parametrize("name", NAMES)
async def test_a_lost_connection_is_subscribed_anew(name: str) -> None:
    """After a cut the subscription is sent again, and the values go on where they were."""
    async with listening(STREAMS[name]) as at:
        await at.up()
        await at.beat(3)
        before = len(own(at))
        assert at.simulator.streams.drop(name) == 1
        await wait_until(lambda: at.streamer.retry_at is not None, "the loss is seen")
        assert at.streamer.brings() == frozenset()
        await at.beat(3)
        await wait_until(lambda: at.simulator.streams.opened[name] == 2, "it is opened again")
        await at.up()
        await at.beat(3)
        assert len(own(at)) > before
        assert at.streamer.record()["reconnects"] == 1
        assert at.counts.events["reconnected", name] == 1
        assert at.streamer.record()["duplicates"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_declarations_hold(name: str) -> None:
    """Each declaration is complete, named like its file, and fits the feed beside it."""
    spec = STREAMS[name].spec
    assert stream_faults(spec) == []
    assert spec.name == name
    # the feed is what stands in while the stream is down
    feed = FEEDS[name].spec
    if STREAMS[name].sums is None:  # a sum has no stand-in: nothing but the stream tells of it
        assert set(spec.instruments) <= set(feed.instruments)
    assert spec.fresh_s == feed.fresh_s


@pytest.mark.parametrize("name", NAMES)
def test_channels_with_numbers_are_those_that_come(name: str) -> None:
    """The numbering names the channel on which the simulated value comes."""
    stream, simulated = STREAMS[name], SIMULATED[name]
    if not stream.spec.numbering:
        return
    document = simulated.value(Simulator().market, 17)
    frames = stream.parse(json.dumps(document), NOW, stream.spec)
    numbered = [frame for frame in frames if isinstance(frame, Quotes)]
    assert [(frame.channel in stream.spec.numbering, frame.number) for frame in numbered] == [
        (True, 17)
    ]


def test_every_stream_is_simulated() -> None:
    """A stream that the simulator does not know would be tested by nothing here."""
    assert set(STREAMS) == set(SIMULATED)

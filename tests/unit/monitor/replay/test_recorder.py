"""What the recorder writes, the reader gives back, digit by digit, also after a crash."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.domain.events import Tick
from monitor.replay.layouts import open_history
from monitor.replay.recorder import Follow, Recorder, follow_stream
from monitor.store.client import connect
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader, append_raw
from tests.quotes import any_ticks, moments
from tests.servers import TestRedis
from tests.waiting import wait_until


def stream(ticks: Sequence[Tick]) -> Follow:
    """Return a stream that holds these ticks and ends with them."""

    async def follow(after: str) -> AsyncIterator[Tick]:
        ids = [tick.id for tick in ticks]
        for tick in ticks[ids.index(after) + 1 if after else 0 :]:
            yield tick

    return follow


def text(ticks: Sequence[Tick]) -> list[tuple[int, list[str]]]:
    """Return time and quotes of each tick, numbers as written."""
    return [(t.at, [repr(structs.astuple(q)) for q in t.quotes]) for t in ticks]


def replayed(folder: Path) -> list[tuple[int, list[str]]]:
    """Return the same of what a folder's recording gives."""
    found = open_history(folder).moments()
    return [(m.at, [repr(structs.astuple(q)) for q in m.quotes]) for m in found]


def some_ticks(count: int) -> list[Tick]:
    """Return ticks a minute apart, past midnight."""
    late = 1_752_796_500_000  # 2025-07-17T23:55Z
    return [Tick(f"{n + 1}-0", late + m.at, m.quotes * 2) for n, m in enumerate(moments(count))]


@given(any_ticks(1))
@settings(max_examples=60, deadline=None)
def test_a_recording_replays_exactly(ticks: list[Tick]) -> None:
    """Any quotes come back as they were: same text of every number, same entries, same order."""
    with tempfile.TemporaryDirectory() as name:
        recorder = Recorder(Path(name), SystemClock())
        asyncio.run(recorder.run(stream(ticks)))
        assert replayed(Path(name)) == text(ticks)
        assert recorder.ticks == len(ticks)


@given(st.integers(min_value=0, max_value=10_000))
@settings(max_examples=40, deadline=None)
def test_a_crash_anywhere_loses_and_doubles_nothing(cut: int) -> None:
    """Cut the newest file at any byte: what is left can be read, and recording on completes it."""
    ticks = some_ticks(12)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(Recorder(folder, SystemClock()).run(stream(ticks[:9])))
        newest = max(folder.iterdir())
        whole = newest.read_bytes()
        newest.write_bytes(whole[: cut % (len(whole) + 1)])
        left = [quote for _, quotes in replayed(folder) for quote in quotes]
        assert left == [quote for _, quotes in text(ticks) for quote in quotes][: len(left)]
        asyncio.run(Recorder(folder, SystemClock()).run(stream(ticks)))
        assert replayed(folder) == text(ticks)


def test_a_file_per_utc_day(tmp_path: Path) -> None:
    """Ticks on both sides of midnight stand in the files of their days."""
    asyncio.run(Recorder(tmp_path, SystemClock()).run(stream(some_ticks(12))))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["quotes-2025-07-17.csv", "quotes-2025-07-18.csv"]


async def test_time_is_written_as_the_step_counts_it(tmp_path: Path) -> None:
    """A tick that claims an earlier time than the one before is recorded at that one's time."""
    first, second = some_ticks(2)
    back = Tick(second.id, first.at - 5_000, second.quotes)
    await Recorder(tmp_path, SystemClock()).run(stream([first, back]))
    assert [at for at, _ in replayed(tmp_path)] == [first.at, first.at]


async def test_a_cancelled_recorder_has_written_all(tmp_path: Path) -> None:
    """What was followed before the cancel is in the file, whole."""
    ticks = some_ticks(3)

    async def follow(after: str) -> AsyncIterator[Tick]:
        for tick in ticks:
            yield tick
        await asyncio.Event().wait()

    recorder = Recorder(tmp_path, SystemClock())
    task = asyncio.create_task(recorder.run(follow))
    await wait_until(lambda: recorder.ticks == 3, "three ticks to be recorded")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert replayed(tmp_path) == text(ticks)


async def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """A file of that name that is no recording is refused, not added to."""
    path = tmp_path / "quotes-2025-07-17.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="no recording"):
        await Recorder(tmp_path, SystemClock()).run(stream(some_ticks(1)))
    assert path.read_text() == "a,b\n1,2\n"


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error names the place and the mend."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        await Recorder(tmp_path / "file" / "below", SystemClock()).run(stream(some_ticks(1)))


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("1,1-0,X,s,one,1,,,,,,false", "value"),
        ("1,1-0,X,s,1,soon,,,,,,false", "observed_at_ms"),
        ("1,1-0,,s,1,1,,,,,,false", "instrument"),
        ("1,1-0,X,s,1,1,,,,,,maybe", "local_time"),
        ("0,1-0,X,s,1,1,,,,,,false", "earlier"),
    ],
)
async def test_a_malformed_row_names_its_place(tmp_path: Path, row: str, cause: str) -> None:
    """A row that cannot be read names file, line and cause."""
    header = "at_ms,tick,instrument,source,value,observed_at_ms,received_at_ms,fresh_ms,bid,ask"
    path = tmp_path / "quotes-x.csv"
    path.write_text(f"{header},volume,local_time\n1,0-0,X,s,1,1,,,,,,false\n{row}\n")
    with pytest.raises(ConfigError, match=cause) as caught:
        list(open_history(tmp_path).moments())
    assert caught.value.where == f"{path}:3"


def test_the_tick_column_may_be_missing(tmp_path: Path) -> None:
    """In a file made elsewhere the quotes of one millisecond count as one entry."""
    header = "at_ms,instrument,source,value,observed_at_ms,received_at_ms,fresh_ms,bid,ask"
    rows = "7,X,s,1,7,,,,,,\n7,Y,s,1.50,7,,,,,,\n8,X,s,2,8,,,,,,\n"
    (tmp_path / "q.csv").write_text(f"{header},volume,local_time\n{rows}")
    found = [(m.at, [str(q.value) for q in m.quotes]) for m in open_history(tmp_path).moments()]
    assert found == [(7, ["1", "1.50"]), (8, ["2"])]


@pytest.mark.integration
async def test_a_stream_is_followed_through_an_outage(
    own_redis: TestRedis, tag: str, tmp_path: Path
) -> None:
    """Real ticks are recorded, a broken entry is left out, and a stopped Redis only pauses."""
    keys = Keys(tag)
    client = connect(own_redis.url, blocking=True)
    recorder = Recorder(tmp_path, SystemClock())
    reader = TickReader(client, keys)
    task = asyncio.create_task(
        recorder.run(lambda after: follow_stream(reader, SystemClock(), after))
    )
    writer = connect(own_redis.url)
    await append_raw(writer, keys, moments(1)[0].quotes, 0)
    await writer.xadd(keys.ticks, {"v": "9"})
    await wait_until(lambda: recorder.ticks == 1, "the first tick")
    await asyncio.to_thread(own_redis.stop)
    await asyncio.to_thread(own_redis.start)
    await writer.connection_pool.disconnect()
    await append_raw(writer, keys, moments(2)[1].quotes, 60_000)
    await wait_until(lambda: recorder.ticks == 2, "the second tick")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await client.aclose()
    await writer.aclose()
    assert replayed(tmp_path) == [
        (m.at, [repr(structs.astuple(q)) for q in m.quotes]) for m in moments(2)
    ]

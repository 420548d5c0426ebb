"""Run a coroutine on the fastest event loop there is, with the garbage collector out of its way."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")

GIVE_WAY_S = 0.0005


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns, from a loop of its own.

    Threads that read books or rules give way to it after half a millisecond, not after the usual
    five: each turn of the loop would wait that long, and ticks would pile up.
    """
    sys.setswitchinterval(GIVE_WAY_S)
    with asyncio.Runner(loop_factory=_factory()) as runner:
        return runner.run(work)


def stop_on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """Let SIGTERM and SIGINT call `stop`, and SIGHUP `reload`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)


def spare_what_stays() -> None:
    """Take all that is loaded by now out of the garbage collector's sight, once per process.

    Libraries, books and rules stay to the end; to look through them again and again costs pauses
    of up to 0.2 s in the middle of a tick.
    """
    gc.collect()
    gc.freeze()


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:
        return None
    import uvloop  # noqa: PLC0415  # an optional extra

    return uvloop.new_event_loop

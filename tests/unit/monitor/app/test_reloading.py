"""Binding the rules of users when it fails by a fault of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from structlog.testing import capture_logs

from alerts.desk.user_rules import UserRule
from monitor.app.reloading import Reloader
from monitor.app.world import World
from monitor.compute.step import Step
from monitor.core.clock import ManualClock
from tests.waiting import wait_until
from tests.worlds import make_step


class Worker:
    """What the reloader asks of a worker: a step, and whether another waits."""

    def __init__(self) -> None:
        self.step: Step = make_step(())
        self.reloading = False


async def test_a_fault_is_tried_again_later_not_at_each_batch() -> None:
    """One try and one line for each wait, which doubles; the rules in use go on."""
    clock, tries = ManualClock(), [0]

    def build(_world: World, _users: Mapping[str, UserRule]) -> Step:
        tries[0] += 1
        raise KeyError("a fault of ours")

    stub: Any = None
    reloader = Reloader(
        read=stub,
        build=build,
        present=lambda: cast("World", stub),
        take=stub,
        worker=cast("Any", Worker()),
        computes=True,
        places=(),
        instruments=stub,
        desk=stub,
        clock=clock,
    )
    with capture_logs() as lines:
        for wait_s, expected in ((1.0, 1), (2.0, 2), (4.0, 3)):
            for _batch in range(50):
                reloader.on_users()
            await wait_until(lambda: len(lines) == expected, "the try to have failed")  # noqa: B023 - awaited here
            reloader.on_users()
            clock.advance(wait_s)
            await wait_until(lambda: not reloader._binding, "the wait to be over")
    assert tries == [3]
    assert [line["again_in_s"] for line in lines] == [1.0, 2.0, 4.0]

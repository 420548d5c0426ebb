"""Showing entries to a step: what it failed on stays known until that is put aside."""

from __future__ import annotations

from monitor.compute.presenter import Presenter
from monitor.compute.step import Step
from monitor.domain.events import Tick
from monitor.store.codec import encode_tick
from monitor.store.ticks import Entry
from tests.worlds import CATALOGUE, NOON, OpenCalendar, firms, quote


class Fragile(Step):
    """A step with a fault of its own: it breaks on a value of 13."""

    def process(self, tick: Tick) -> None:
        """Break on 13."""
        if any(item.value == 13 for item in tick.quotes):
            raise ArithmeticError("13")
        super().process(tick)


def entry(place: int, value: float) -> Entry:
    """Return an entry with one quote."""
    fields = encode_tick([quote("X", value, NOON + place)], NOON + place)
    return b"%d-0" % (NOON + place), {name.encode(): body for name, body in fields.items()}


def test_poison_is_poison_until_it_is_put_aside() -> None:
    """A commit of what came before it, which clears nothing, must not make the step fail again."""
    presenter = Presenter()

    def shown(*entries: Entry) -> list[tuple[str, str]] | None:
        step = Fragile(firms(), CATALOGUE, [], OpenCalendar())
        return presenter.show(step, entries, NOON, without_reloads=False)

    fine, poison = entry(1, 12), entry(2, 13)
    assert shown(fine, poison) is None
    assert shown(fine) == []
    presenter.forget([])
    (letter,) = shown(poison) or []
    assert letter == (poison[0].decode(), "the step failed on it: ArithmeticError")
    presenter.forget([letter])
    assert presenter.poison == {}

"""A step with a desk for the tests: prices of instruments, commands, and what was told of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from alerts.desk.book import NOTHING_SAID, DeskBook
from alerts.model import Transition
from alerts.rules.base import Rule
from monitor.compute.saved import read_cells
from monitor.domain.commands import AckAlert, Action, AddSilence, Command, Reply
from monitor.domain.events import Tick
from tests.worlds import NOON, commit, make_step, quote, tick

MINUTE = 60_000
HOUR = 60 * MINUTE
FRESH = 10 * 24 * HOUR


def book(**fields: object) -> DeskBook:
    """Make a book as the rulebook would."""
    return msgspec.convert(fields, DeskBook)


def silence(minutes: float, **match: str) -> AddSilence:
    """Return the wish for a silence that ends `minutes` after noon."""
    return AddSilence(match=match, until=NOON + int(minutes * MINUTE), reason="works on it")


def ack(rule: str = "r", key: str = "X", until: int | None = None) -> AckAlert:
    """Return the wish to take an alert on."""
    return AckAlert(rule=rule, key=key, note="mine", until=until)


class Room:
    """A step, its cells as the store would have them, and all that came out of it."""

    def __init__(self, rules: Sequence[Rule], book: DeskBook = NOTHING_SAID) -> None:
        self.rules = rules
        self.book = book
        self.step = make_step(rules, book)
        self.cells: dict[str, bytes] = {}
        self.all: list[Transition] = []
        self.replies: list[Reply] = []
        self._asked = 0

    def price(self, at: int, value: float, name: str = "X", fresh_ms: int = FRESH) -> None:
        """Tell one price."""
        self.take(tick(at, quote(name, value, at, fresh_ms=fresh_ms)))

    def ask(self, at: int, action: Action, *, by: str = "anna", dry_run: bool = False) -> Reply:
        """Send one command; return its answer."""
        self._asked += 1
        name = f"c{self._asked}"
        command = Command(id=name, by=by, action=action, dry_run=dry_run)
        self.take(tick(at, commands=(command,)))
        return self.replies[-1]

    def take(self, item: Tick) -> None:
        """Process one tick and commit it."""
        self.step.process(item)
        self.keep()

    def pass_to(self, at: int) -> None:
        """Let time go on without a tick."""
        self.step.advance(at)
        self.keep()

    def keep(self) -> None:
        """Commit what there is."""
        self.replies += self.step.telling.replies
        self.all += commit(self.step, self.cells)

    def reload(self, rules: Sequence[Rule] | None = None, book: DeskBook | None = None) -> None:
        """Go on in a fresh process, perhaps with other books."""
        self.keep()
        self.rules = self.rules if rules is None else rules
        self.book = self.book if book is None else book
        self.step = make_step(self.rules, self.book)
        self.step.restore(read_cells(self.cells))
        self.step.judge()
        self.keep()

    @property
    def told(self) -> list[Transition]:
        """Return what people were told."""
        return [item for item in self.all if item.told]


def notices(transitions: Iterable[Transition]) -> list[tuple[str, str, str]]:
    """Return (rule, key, why told) of each."""
    return [(it.rule, it.key, it.notice.value if it.notice else "") for it in transitions]

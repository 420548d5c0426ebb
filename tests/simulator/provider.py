"""What the simulator must know of one provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from monitor.core.errors import FeedError
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

VALUE = "the right value"
Outcome: TypeAlias = tuple[type[FeedError], str] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider: what it answers, and what is its own in how it goes wrong.

    Attributes:
        shapes: its kinds of answers; the first whose path fits answers.
        values: instruments of its own, each with the value that its walk begins with, written
            with as many digits as the provider gives.
        outcomes: what a scenario leads to, by the scenario and an instrument or the provider's
            name, where it is not what the scenario leads to elsewhere.
        past: instruments whose history is that of another, by their names.
        same: instruments that have the value of another, under its name.
        stated: its time is of a row or a day and is not moved by a scenario.
        dated: its time is that of the answer's Date header.
        environ: the keys that its adapter reads, invented.
        key_header: a request without this header is refused with `refusal`; empty: it needs none.
        key_param: likewise for a key in the query.
        admits: tells by the headers of a request whether it is answered.
        refusal: the body of that refusal, under HTTP 401.
        refusal_status: its status.

    """

    shapes: tuple[Shape, ...]
    values: Mapping[str, Decimal] = field(default_factory=dict)
    outcomes: Mapping[tuple[Scenario, str], Outcome] = field(default_factory=dict)
    past: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    stated: bool = False
    dated: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    key_header: str = ""
    key_param: str = ""
    admits: Callable[[Mapping[str, str]], bool] = lambda _headers: True
    refusal: Document = None
    refusal_status: int = 401

    @property
    def is_timed(self) -> bool:
        """Tell whether its answers say when they hold."""
        return self.dated or any(shape.time for shape in self.shapes)

    def shape_of(self, path: str) -> Shape | None:
        """Return the shape that answers `path`."""
        return next((shape for shape in self.shapes if path.startswith(shape.matches)), None)

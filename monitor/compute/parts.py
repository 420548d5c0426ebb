"""The parts of a step that read each other. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from monitor.compute.firms import Firm
from monitor.compute.instruments import Instruments
from monitor.compute.plan import Plan
from monitor.compute.recompute import Table
from monitor.compute.tenancy import Tenancy


@dataclass(frozen=True, slots=True)
class Parts:
    """What a step is made of beneath its rules; `table`, `instruments` and `tenancy` change as it goes on.

    Attributes:
        plan: which metric depends on what.
        firms: the companies, in row order.
        facts: the figures that may be told live.
        table: the columns.
        instruments: what is quoted.
        tenancy: who is whose tenant.

    """

    plan: Plan
    firms: Sequence[Firm]
    facts: Collection[str]
    table: Table
    instruments: Instruments
    tenancy: Tenancy

"""What people ask of the service without changing anything: answered at once, by whoever hears it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, TypeAlias

from msgspec import Meta

MAX_HISTORY = 100
"""Pieces of news in one answer."""

Word: TypeAlias = Annotated[str, Meta(max_length=100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHistory:
    """The newest news that was told, for whoever was away: of a rule, a company, an alert, or one's own.

    Attributes:
        count: at most so many.
        rule: of this rule only; empty: of all.
        key: of this subject only.
        company: about this company only.
        mine: of one's own rules and inbox only.
        before: only news before that with this id, for what did not fit into an answer.

    """

    count: Annotated[int, Meta(ge=1, le=MAX_HISTORY)] = 20
    rule: Word = ""
    key: Word = ""
    company: Word = ""
    mine: bool = False
    before: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReport:
    """How things stand: what fires, which feeds are not well, the headline of each company.

    Attributes:
        company: of this company only; empty: of all.

    """

    company: Word = ""


Question: TypeAlias = AskHistory | AskReport

QUESTIONS: Mapping[str, type[Question]] = MappingProxyType(
    {"history": AskHistory, "report": AskReport}
)
"""The verbs of questions; those of commands are `commands.VERBS`."""

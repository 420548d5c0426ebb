"""What users write, held to what a rulebook is held to, and to what users may ask for.

The texts are those of `rules check`, without a file and a line: what was sent has none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from msgspec.structs import replace

from alerts.desk.book import DeskBook
from alerts.desk.user_rules import Bench, UserRule, why
from alerts.model import Severity
from alerts.rule_doubts import doubts_about, untimely
from alerts.rule_text import raise_all
from alerts.rulebook import Rulebook, check_rulebook, faults_within
from alerts.rules.base import Rule
from alerts.rules.written import any_written, kept
from alerts.series import Target
from monitor.core.errors import ConfigError
from monitor.core.yamltext import Document
from monitor.domain.agenda import Agenda

TargetsOf: TypeAlias = Callable[[Collection[Rule]], Mapping[str, Target]]
"""Returns all there is to watch, and what only some rules name."""
_LOUD = list(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The reviewer of a world.

    Attributes:
        types: of rules.
        targets: what there is to watch.
        quoted: likewise, with the series that feeds quote, for doubts.
        agenda: the events that windows may name.
        desk: what rules may name of the rulebook: groups, escalations.
        loudest: what a user's rule may be.

    """

    types: Sequence[type[Rule]]
    targets: TargetsOf
    quoted: Callable[[], Mapping[str, Target]]
    agenda: Agenda
    desk: DeskBook
    loudest: Severity
    _written: Any = field(init=False)

    def __post_init__(self) -> None:
        """Make the type of what is written once."""
        object.__setattr__(self, "_written", any_written(self.types))

    def one(self, written: UserRule) -> tuple[Rule, list[str]]:
        """Return the rule, and what of it may be a slip.

        Raises:
            ConfigError: it cannot work.

        """
        rule = self._read(written)
        self._check(rule, self.targets([rule]))
        book = self._book(rule)
        head = f"{book.where(0)}: "
        doubts = doubts_about(book, self.quoted(), self.agenda) + untimely(book, written.at)
        return self._named(written, rule), [doubt.removeprefix(head) for doubt in doubts]

    def every(self, written: Iterable[UserRule]) -> Bench:
        """Return the rules that can work, and why others cannot."""
        read: list[tuple[UserRule, Rule]] = []
        broken: dict[str, str] = {}
        for each in written:
            try:
                read.append((each, self._read(each)))
            except ConfigError as error:
                broken[each.name] = why(error)
        targets = self.targets([rule for _, rule in read]) if read else {}
        rules: list[Rule] = []
        for each, rule in read:
            try:
                self._check(rule, targets)
                rules.append(self._named(each, rule))
            except ConfigError as error:
                broken[each.name] = why(error)
        return Bench(tuple(rules), broken)

    def _read(self, written: UserRule) -> Rule:
        document = Document(f"rule {written.id}", dict(written.rule), {})
        (rule,) = kept([document.convert(self._written)], self.types)
        return rule

    def _check(self, rule: Rule, targets: Mapping[str, Target]) -> None:
        book = self._book(rule)
        problems = [*faults_within(book), *check_rulebook(book, targets, self.agenda)]
        loud = [step.severity for step in rule.steps]
        if min(map(_LOUD.index, (rule.severity, *loud))) < _LOUD.index(self.loudest):
            problem = (
                f"rule `{rule.id}` is louder than {self.loudest.value}, which no user's may be"
            )
            hint = "say `severity` and `steps` more quietly, or see HASHHEDGE_USER_RULES_LOUDEST"
            problems.append(ConfigError(problem, where=book.where(0, "severity"), hint=hint))
        raise_all(problems)

    def _book(self, rule: Rule) -> Rulebook:
        return Rulebook((rule,), f"rule {rule.id}", desk=self.desk)

    def _named(self, written: UserRule, rule: Rule) -> Rule:
        """Return a rule under the id at work, which no rulebook could write."""
        return replace(rule, id=written.name)

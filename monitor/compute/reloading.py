"""What a rulebook that was read anew changes: rules, and alerts that end with it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import nsmallest

from alerts.rulebook import Rulebook
from alerts.watch import Watch
from monitor.domain.commands import MAX_LISTED, Listed, ReloadPlan


def standing_versions(watch: Watch) -> dict[str, str]:
    """Return the rule's version of every alert that stands somewhere, by the alert's name."""
    return {alert.name: alert.record.version for alert in watch.live()}


def unchanged(before: Rulebook, after: Rulebook) -> frozenset[str]:
    """Return the ids of the rules that say the same in both."""
    old = {rule.id: rule for rule in before.rules}
    return frozenset(rule.id for rule in after.rules if old.get(rule.id) == rule)


def plan_of(
    before: Rulebook, after: Rulebook, standing: Mapping[str, str], fresh: Watch | None
) -> ReloadPlan:
    """Return what `after` changes against `before`.

    `standing` are the alerts that stand somewhere, `fresh` the new rules as they are bound, before
    anything is restored; None where nobody computes, and then no alert is named.
    """
    old = {rule.id: rule for rule in before.rules}
    new = {rule.id: rule for rule in after.rules}
    return ReloadPlan(
        rules=len(after.rules),
        version=after.version,
        added=_listed(new.keys() - old.keys()),
        removed=_listed(old.keys() - new.keys()),
        changed=_listed({name for name in old.keys() & new.keys() if old[name] != new[name]}),
        ends=_listed([] if fresh is None else _ending(standing, fresh)),
    )


def _ending(standing: Mapping[str, str], fresh: Watch) -> Sequence[str]:
    """Return the alerts that no new rule goes on with, as the watch itself decides it."""
    rules, left = {name.partition("|")[0] for name in standing}, dict(standing)
    for bound in fresh.bindings(rules):
        name = f"{bound.rule.id}|{bound.key}"
        if left.get(name) == bound.rule.version:
            del left[name]
    return list(left)


def _listed(names: Collection[str]) -> Listed:
    return Listed(total=len(names), names=tuple(nsmallest(MAX_LISTED, names)))


def words_of(plan: ReloadPlan, *, dry_run: bool) -> str:
    """Return a plan in one sentence."""
    parts = [
        f"{listed.total} {word}"
        for listed, word in (
            (plan.added, "added"),
            (plan.removed, "removed"),
            (plan.changed, "changed"),
        )
        if listed.total
    ]
    said = ", ".join(parts) or "no rule is different"
    ends = f"; {plan.ends.total} alerts end" if plan.ends.total else ""
    verb = "would read" if dry_run else "read"
    return f"{verb} {plan.rules} rules, version {plan.version}: {said}{ends}"

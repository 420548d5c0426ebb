"""The tables of docs/formulas.md from the metric declarations: formula, worked numbers, null rules.

The page's prose is written by hand. Between a mark `<!-- metrics: FAMILY -->` and `<!-- end -->`
stands what the file monitor/metrics/FAMILY.py declares; every family has its place on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from monitor.metrics.base import Example, Metric

FILE = Path(__file__).parents[1] / "docs" / "formulas.md"

_SELF = f"docs/{FILE.name}, "
_MARKED = re.compile(r"(<!-- metrics: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, families: Mapping[str, Iterable[Metric]]) -> str:
    """Return `page` with the declarations of each family at its mark.

    Raises:
        ValueError: a family has no mark or two, or a mark names no family.

    """
    marked = [found[2] for found in _MARKED.finditer(page)]
    if sorted(marked) != sorted(families):
        odd = sorted(set(marked) ^ set(families)) or sorted(marked)
        raise ValueError(f"docs/formulas.md: each family needs one mark; look at {', '.join(odd)}")
    return _MARKED.sub(lambda found: f"{found[1]}{_tables(families[found[2]])}{found[3]}", page)


def _tables(metrics: Iterable[Metric]) -> str:
    declared = tuple(metrics)
    lines = ["| metric | what it is | worked number |", "|---|---|---|"]
    lines += [f"| `{it.name}`<br>{it.unit} | {_said(it)} | {_worked(it)} |" for it in declared]
    rules = _null_rules(declared)
    if rules:
        lines += ["", "| no value, and the reason | of |", "|---|---|"]
        lines += [
            f"| {rule} | {', '.join(f'`{name}`' for name in rules[rule])} |" for rule in rules
        ]
    return "\n".join(["", *lines, "", ""])


def _said(metric: Metric) -> str:
    words = [metric.description, f"= {metric.formula}"]
    assumed = [item for item in metric.arguments if item.default is not None and item.operand]
    words += [f"`{it.name}` unknown: {it.default:g}, {it.assumption}" for it in assumed]
    said = dict.fromkeys(remark.word for remark in metric.remarks)
    words += ["a value may say: " + ", ".join(f"`{word}`" for word in said)] if said else []
    return "<br>".join(_cell(word) for word in words)


def _worked(metric: Metric) -> str:
    return "<br>".join(_example(example) for example in metric.examples)


def _example(example: Example) -> str:
    given = ", ".join(f"{name} {_number(value)}" for name, value in example.given.items())
    if example.value is None:
        return f"none, `{example.reason}`: {given}"
    number = f"{example.value:,.{max(example.digits, 0)}f}"
    source = f" ({example.source.replace(_SELF, '')})" if example.source else ""
    return f"**{number}**: {given}{_cell(source)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.12g}"


def _null_rules(metrics: Iterable[Metric]) -> dict[str, list[str]]:
    """Return for each reason the metrics that can give it, in the order of the declarations."""
    rules: dict[str, list[str]] = {}
    for metric in metrics:
        for guard in metric.guards:
            rules.setdefault(f"`{guard.reason}`, by `{guard.input}`", []).append(metric.name)
        if metric.refusal:
            types = ", ".join(sorted(kind.value for kind in metric.applies_to))
            reason = f"`not_applicable` but for {types}: {_cell(metric.refusal)}"
            rules.setdefault(reason, []).append(metric.name)
    return {rule: list(dict.fromkeys(names)) for rule, names in rules.items()}


def _cell(text: str) -> str:
    return text.replace("|", r"\|")

"""A number taken apart: formula, steps, every input with its source, and the number again. Pure.

One plain mapping of text, numbers, lists and mappings, so that the screen and `--output json` cannot
differ. Whoever has only the page can compute the value: what was assumed stands there with its
number, and a metric that sets companies side by side lists what it compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from monitor.compute.card_metrics import limits
from monitor.compute.recompute import NOT_APPLICABLE
from monitor.compute.situation import UNPUBLISHED, Record, Situation, unit_of
from monitor.domain.companies import Company
from monitor.domain.events import Quality, Reading
from monitor.domain.risks import risk_notes
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue, evaluator
from monitor.metrics.vector import Column, ReasonTable, leaf_column

GIVEN = "given"


def explain(
    situation: Situation,
    metric: Metric,
    company: Company | None,
    given: Mapping[str, float],
    *,
    looks_back: bool = False,
) -> Record:
    """Return `metric` of `company`, or of the network, taken apart; `given` values stand in.

    Puts the given values into the situation. With `looks_back` the situation is an earlier day's, so
    that a figure without a day of publication may have been known to nobody: those are named.
    """
    ticker = None if company is None else company.ticker
    answer = _head(metric, ticker)
    if company is not None:
        flags = [f"{flag.kind.value}: {flag.text}" for flag in company.flags_at(situation.now)]
        judged = risk_notes(company, metric.name, situation.now)
        answer["notes"] = [*flags, *judged]
    if (
        metric.scope is Scope.COMPANY
        and company is not None
        and company.type not in metric.applies_to
    ):
        return answer | {
            "reason": NOT_APPLICABLE,
            "quality": Quality.NOT_APPLICABLE.word,
            "refusal": metric.refusal or None,
            "applies_to": sorted(kind.value for kind in metric.applies_to),
        }
    if situation.market == "service":
        answer["live_value"] = situation.reading(metric.name, ticker).value
    situation.change(
        {name: Reading(value, Quality.OK) for name, value in given.items()}, ticker, GIVEN
    )
    page = _Page(situation, metric, ticker, given)
    if looks_back:
        answer["notes"] += page.unpublished()
    return answer | page.record()


def _head(metric: Metric, ticker: str | None) -> Record:
    return {
        "metric": metric.name,
        "company": ticker,
        "scope": metric.scope.value,
        "value": None,
        "unit": metric.unit,
        "quality": Quality.MISSING.word,
        "reason": None,
        "missing": [],
        "refusal": None,
        "applies_to": None,
        "formula": metric.formula,
        "description": metric.description,
        "definition": metric.source,
        "steps": [],
        "inputs": [],
        "compared": [],
        "flags": [],
        "notes": [],
        "recomputed": None,
        "live_value": None,
    }


class _Page:
    """What the page of one metric says."""

    def __init__(
        self, situation: Situation, metric: Metric, ticker: str | None, given: Mapping[str, float]
    ) -> None:
        self._situation = situation
        self._metric = metric
        self._ticker = ticker
        self._given = given
        self._road = road(situation.catalogue, metric.name, given)
        shared = {step.name: situation.shared(step, ticker) for step in self._computed()}
        self._own = {n: figure for it in shared.values() for n, figure in it.figures.items()}
        self._without = {name: it.reason for name, it in shared.items() if it.reason}
        self._compared = {step.name: self._comparison(step) for step in self._across()}

    def record(self) -> Record:
        """Return the parts of the answer that depend on the inputs."""
        reading = self._situation.reading(self._metric.name, self._ticker)
        inputs = {name: self._input(name) for name in self._leaves()}
        known = {name: item["value"] for name, item in inputs.items() if item["value"] is not None}
        known |= {
            name: value for name in self._compared if (value := self._again(name)) is not None
        }
        known |= self._given
        found = self._situation.catalogue.evaluate(self._metric.name, known, self._without)
        for name, assumed in found.assumed.items():
            if name in inputs and inputs[name]["value"] is None:
                words = {"value": assumed.value, "why": assumed.words}
                inputs[name] |= {"quality": "assumed", "assumed": words}
        target = self._metric.name
        again = known.get(target) if target in known else found.value
        return {
            "value": reading.value,
            "quality": reading.quality.word,
            "reason": reading.reason or None,
            "missing": [] if target in known else list(found.missing),
            "steps": [self._step(step, known) for step in self._road],
            "inputs": list(inputs.values()),
            "compared": list(self._compared.values()),
            "flags": [
                *found.remarks,
                # an assumption further down the road stands at no input of this page
                *(words.words for name, words in found.assumed.items() if name not in inputs),
                *self._flags(found.used),
            ],
            "recomputed": again,
        }

    def unpublished(self) -> list[str]:
        """Return a note on the figures that count since the day they describe, or none."""
        names = [
            name for name in self._leaves() if self._situation.is_unpublished(name, self._ticker)
        ]
        rests: dict[str, None] = {}
        unpublished = self._situation.is_unpublished
        for step in self._across():
            leaves = self._situation.catalogue.leaves_of(step.name)
            for row in self._compared[step.name]["companies"]:
                firm = row["company"]
                if row["counted"] and any(unpublished(leaf, firm) for leaf in leaves):
                    rests[firm] = None
        whose = [*names, *(f"figures of {firm}" for firm in rests)]
        if not whose:
            return []
        return [f"look-ahead: {', '.join(whose)}: {UNPUBLISHED}"]

    def _across(self) -> Iterable[Metric]:
        return (step for step in self._road if step.across and step.name not in self._given)

    def _computed(self) -> list[Metric]:
        return [step for step in self._road if step.name not in self._given]

    def _leaves(self) -> list[str]:
        """Return the inputs of the computed steps that are no metrics themselves.

        Those of a metric of all companies stand in its comparison, one for each company.
        """
        steps = [step for step in self._computed() if not _whole(step)]
        named = {item.name for step in steps for item in step.arguments}
        return sorted(name for name in named if name not in self._situation.catalogue)

    def _input(self, name: str) -> Record:
        """Return one input: what is known of it, and whether it enters a formula."""
        steps = self._computed()
        operand = any(i.operand for step in steps for i in step.arguments if i.name == name)
        guards = {g.reason for step in steps for g in step.guards if g.input == name}
        return self._situation.origin(name, self._ticker, self._own.get(name)) | {
            "operand": operand,
            "checked_for": [] if operand else sorted(guards),
        }

    def _step(self, step: Metric, known: Mapping[str, float]) -> Record:
        reading = self._situation.reading(step.name, self._ticker)
        given = step.name in self._given
        assumed: Mapping[str, str] = {}
        if not given and step.name not in known:
            found = self._situation.catalogue.evaluate(step.name, known)
            assumed = {name: item.words for name, item in found.assumed.items()}
        return {
            "metric": step.name,
            "formula": step.formula,
            "value": reading.value,
            "unit": step.unit,
            "quality": reading.quality.word,
            "reason": reading.reason or None,
            "given": given,
            "assumed": dict(assumed),
        }

    def _flags(self, used: Collection[str]) -> list[str]:
        figures = {
            name: self._own.get(name) or self._situation.figure(name, self._ticker) for name in used
        }
        return limits({name: figure for name, figure in figures.items() if figure is not None})

    # ---------------------------------------------------------------- companies side by side

    def _comparison(self, step: Metric) -> Record:
        """Return whom an across metric compares, with what enters of each, and who is left out."""
        names = [item.name for item in step.arguments]
        rows: list[Record] = []
        for firm in self._situation.step.firms:
            if step.scope is Scope.COMPANY and firm.type not in step.applies_to:
                continue
            ticker = firm.ticker
            readings = {name: self._situation.argument(step.name, name, ticker) for name in names}
            worst = max(readings.values(), key=lambda reading: reading.quality)
            rows.append(
                {
                    "company": ticker,
                    "inputs": {name: reading.value for name, reading in readings.items()},
                    "quality": worst.quality.word,
                    "reason": worst.reason or None,
                    "counted": worst.quality.usable,
                    "value": None
                    if step.scope is Scope.SECTOR
                    else self._situation.reading(step.name, ticker).value,
                }
            )
        return {
            "metric": step.name,
            "unit": step.unit,
            "inputs": {name: self._unit(name) for name in names},
            "companies": rows,
        }

    def _unit(self, name: str) -> str | None:
        catalogue = self._situation.catalogue
        return catalogue[name].unit if name in catalogue else unit_of(name)

    def _again(self, name: str) -> float | None:
        """Compute an across metric from what its comparison lists."""
        compared = self._compared[name]
        metric = self._situation.catalogue[name]
        reasons = ReasonTable()
        columns = [self._column(item.name, compared, reasons) for item in metric.arguments]
        found = evaluator(metric, reasons)(columns)
        tickers = [row["company"] for row in compared["companies"]]
        alone = len(found.values) == 1 or self._ticker is None
        place = 0 if alone else tickers.index(self._ticker)
        return None if found.quality[place] >= Quality.MISSING else float(found.values[place])

    def _column(self, name: str, compared: Record, reasons: ReasonTable) -> Column:
        rows = compared["companies"]
        values = [row["inputs"][name] if row["counted"] else None for row in rows]
        if len(self._situation.step.table.column(name).values) == 1:
            values = [rows[0]["inputs"][name]]
        return leaf_column(name, np.array(values, dtype=np.float64), reasons)


def _whole(metric: Metric) -> bool:
    """Tell whether a metric is one number made of all companies."""
    return metric.across and metric.scope is Scope.SECTOR


def road(catalogue: Catalogue, name: str, given: Collection[str]) -> list[Metric]:
    """Return the metrics on the way to `name`, itself last; nothing stands below a given one.

    Below a metric of all companies nothing stands either: its page lists the companies.
    """
    found: dict[str, Metric] = {}

    def visit(metric: Metric) -> None:
        if metric.name not in given and not _whole(metric):
            for item in metric.arguments:
                if item.name in catalogue and item.name not in found:
                    visit(catalogue[item.name])
        found[metric.name] = metric

    visit(catalogue[name])
    return list(found.values())

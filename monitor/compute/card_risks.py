"""The seven risk cards: what a person judged, what is computed, and why the rest is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.compute.card_metrics import Card, applies, compares, metric_entry
from monitor.compute.plan import MARKET_UNITS
from monitor.domain.companies import Company, fact_at, iso_day
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS
from monitor.domain.risk_levels import RiskKind, RiskLevel, SubFlagKind, newest_level
from monitor.domain.risks import RISKS, Indicator, RiskSpec, computed_indicators
from monitor.metrics.catalogue import Catalogue


def risks_of(
    company: Company,
    now: int,
    catalogue: Catalogue,
    market: Mapping[str, float],
    companies: Mapping[str, Company],
) -> list[Card]:
    """Return the seven risk cards of `company` as known at `now` (ms UTC)."""
    known = _Known(company, now, catalogue, market, computed_indicators(company, companies, now))
    return [
        {
            "risk": spec.risk.value,
            "question": spec.question,
            **_judged(newest_level(company.risks, spec.risk, now), now),
            **_sub_flags(spec, company, now),
            "indicators": known.indicators(spec),
            "suggested_alert": spec.suggested_alert,
        }
        for spec in RISKS
    ]


def _judged(level: RiskLevel | None, now: int) -> Card:
    """Return the level that stands; of one that has expired no more than that it did."""
    if level is None or not level.present_at(now):
        return {
            "level": None,
            "state": "not_assessed" if level is None else "expired",
            "expired_on": None if level is None else iso_day(level.expires),
            "reason": None,
            "date": None,
            "author": None if level is None else level.author,
            "expires": None,
            "source": "",
            "title": "",
        }
    return {
        "level": level.level,
        "state": "judged",
        "expired_on": None,
        "reason": level.reason,
        "date": iso_day(level.date),
        "author": level.author,
        "expires": iso_day(level.expires),
        "source": level.source,
        "title": level.title,
    }


def _sub_flags(spec: RiskSpec, company: Company, now: int) -> Card:
    """Return the four parts of compliance; one that nobody looked at is null, never false."""
    if spec.risk is not RiskKind.COMPLIANCE:
        return {}
    level = newest_level(company.risks, spec.risk, now)
    given = level.sub_flags if level is not None and level.present_at(now) else ()
    known = {flag.kind: flag for flag in given}
    return {
        "sub_flags": {
            kind.value: None
            if kind not in known
            else {
                "raised": known[kind].raised,
                "date": iso_day(known[kind].date),
                "text": known[kind].text,
                "source": known[kind].source,
                "title": known[kind].title,
            }
            for kind in SubFlagKind
        }
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """All that an indicator can come from, at one moment."""

    company: Company
    now: int
    catalogue: Catalogue
    market: Mapping[str, float]
    computed: Mapping[str, Indicator]

    def indicators(self, spec: RiskSpec) -> list[Card]:
        """Return the indicators of a risk that are declared anywhere, in the table's order."""
        found = [entry for name in spec.indicators if (entry := self._find(name))]
        # a metric that only repeats a fact, so that rules can watch it, says all the fact would
        repeated = {entry["formula"] for entry in found}
        return [entry for entry in found if entry["name"] not in repeated]

    def _find(self, name: str) -> Card | None:
        if name in self.computed:
            return _entry(self.computed[name])
        if name in self.market:
            unit = self.catalogue[name].unit if name in self.catalogue else MARKET_UNITS[name]
            return _entry(Indicator(name, self.market[name], unit))
        if name in self.catalogue:
            return self._metric(name)
        if name in FACTS:
            return self._fact(name)
        if name in MARKET_UNITS:
            return _entry(Indicator(name, None, MARKET_UNITS[name], f"missing:{name}"))
        return None

    def _metric(self, name: str) -> Card | None:
        metric = self.catalogue[name]
        leaves = self.catalogue.leaves_of(name)
        if compares(metric, self.catalogue) or not applies(metric, self.company, leaves):
            return None
        entry = metric_entry(self.company, metric, self.now, self.catalogue, self.market)
        shown = ("name", "value", "unit", "quality", "reason", "missing", "formula", "as_of")
        return {key: entry[key] for key in shown} | {"note": "; ".join(entry["flags"])}

    def _fact(self, name: str) -> Card:
        figure = fact_at(self.company, name, self.now)
        if figure is None:
            return _entry(Indicator(name, None, FACTS[name].unit, f"missing:{name}"))
        return _entry(Indicator(name, figure.value, figure.unit, note=figure.note)) | {
            "quality": figure.quality_at(self.now).word,
            "as_of": iso_day(figure.as_of),
        }


def _entry(item: Indicator) -> Card:
    lacks = item.reason.startswith("missing:")
    return {
        "name": item.name,
        "value": item.value,
        "unit": item.unit,
        "quality": (Quality.MISSING if item.value is None else Quality.OK).word,
        "reason": item.reason,
        "missing": [item.reason.removeprefix("missing:")] if lacks else [],
        "formula": "",
        "as_of": None,
        "note": item.note,
    }

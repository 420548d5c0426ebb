"""The trader's board: price, hashprice, margins and hedge ratios, and how far to trust them.

Its panels follow from the metric declarations: a new metric file has its panels at the next build,
in a closed row of its own. The first row has what the declarations call a headline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grafana.panels import COMPANY, Board, Kind, Panel, Query, Row, Word, metric
from monitor.compute.gauges import (
    BTC_PRICE,
    COMPANY_INFO,
    READING_QUALITY,
    READING_TIMESTAMP,
    SERIES,
    gauge_name,
)
from monitor.domain.events import Quality
from monitor.metrics.base import MULTIPLE, Metric, Scope

_RATIOS = frozenset({"ratio", MULTIPLE})
# the chosen companies and the network's own values, which have no company
COMPANY_OR_NONE = 'company=~"|$company"'
_FAMILY_ORDER = ("network", "mining", "hedge")
_MAP = ("ai_revenue_mix_ratio", "mining_margin_ratio")
_RIVALRY = ("ai_entrants_count", "gpu_rental_change_30d_ratio")
_COLORS = {
    Quality.OK: "green",
    Quality.DEGRADED: "yellow",
    Quality.SINGLE: "yellow",
    Quality.DISPUTED: "orange",
    Quality.STALE: "red",
    Quality.MISSING: "dark-red",
}
_MARGIN_BANDS = ((None, "red"), (0.0, "orange"), (0.2, "green"))
_PRICE = Query(f"max({metric(BTC_PRICE)})", "BTC price")


def board(families: Mapping[str, tuple[Metric, ...]]) -> Board:
    """Return the board of the declared metrics, grouped by the file that declares them."""
    rows = [_now(families)]
    for family in sorted(families, key=_rank):
        panels = tuple(_panel(declared) for declared in families[family])
        if panels:
            rows.append(Row(_words(family), panels, closed=family not in _FAMILY_ORDER))
    rows.append(Row("Market around bitcoin", (_funding(),)))
    rows.append(_trust())
    return Board(
        uid="hashhedge-trader",
        title="hashhedge / Trader",
        description="Bitcoin, hashprice, mining margins and AI-hedge ratios per company.",
        rows=tuple(rows),
    )


def _rank(family: str) -> tuple[int, str]:
    known = family in _FAMILY_ORDER
    return (_FAMILY_ORDER.index(family) if known else len(_FAMILY_ORDER), family)


def _now(families: Mapping[str, tuple[Metric, ...]]) -> Row:
    alerts = metric("hashhedge_alerts", 'state="firing",mode="live"')
    panels = [
        Panel(
            title="BTC price",
            description="Reference price over all venues. A gap means no price could be trusted.",
            unit="currencyUSD",
            queries=(_PRICE,),
            width=12,
        ),
        Panel(
            title="Alerts firing",
            description="Rules that are in breach now, by severity.",
            unit="short",
            queries=(Query(f"max by (severity) ({alerts})", "{{severity}}"),),
            kind=Kind.STAT,
            width=6,
            bands=((None, "green"), (1.0, "red")),
        ),
        Panel(
            title="Companies",
            description="Companies of the book in use.",
            unit="short",
            queries=(
                Query(f"count(max by (company) ({metric(COMPANY_INFO, COMPANY)}))", "companies"),
            ),
            kind=Kind.STAT,
            width=6,
        ),
    ]
    ratios = [it for it in _company_metrics(families) if it.headline and it.unit in _RATIOS]
    if ratios:
        panels.append(_ratio_table(ratios))
    known = {it.name: it for it in _company_metrics(families)}
    if known.keys() >= set(_MAP):
        panels.append(_peer_map(*(known[name] for name in _MAP)))
    every = {it.name: it for family in families.values() for it in family}
    if every.keys() >= set(_RIVALRY):
        panels.append(_competition(*(every[name] for name in _RIVALRY)))
    return Row("Now", tuple(panels))


def _company_metrics(families: Mapping[str, tuple[Metric, ...]]) -> Iterable[Metric]:
    for family in sorted(families, key=_rank):
        yield from (it for it in families[family] if it.scope is Scope.COMPANY)


def _ratio_table(ratios: list[Metric]) -> Panel:
    return Panel(
        title="Ratios by company",
        description="Margins and AI-hedge ratios now. An empty cell is unknown, never zero.",
        unit="percentunit",
        queries=tuple(
            Query(_expr(it), _title(it), "" if it.unit == "ratio" else _unit(it)) for it in ratios
        ),
        kind=Kind.TABLE,
        width=24,
    )


def _peer_map(across: Metric, up: Metric) -> Panel:
    return Panel(
        title="Peer map",
        description=f"{_title(across)} against {_title(up)}, one point a company: who lives of the "
        "mine, who of AI. A company that lacks one of the two has no point. AI revenue is no "
        "part of the margin, and the stage of its contracts is on the company's card.",
        unit="percentunit",
        queries=(Query(_expr(across), _title(across)), Query(_expr(up), _title(up))),
        kind=Kind.MAP,
        width=24,
    )


def _competition(entrants: Metric, trend: Metric) -> Panel:
    return Panel(
        title="Competition for AI tenants",
        description="Companies that began with AI within 365 days, and at the right what the rental"
        " price of an H100 hour did in 30 days. More entrants and a falling price are a price war.",
        unit="short",
        queries=(
            Query(_expr(entrants), _title(entrants)),
            Query(_expr(trend), _title(trend), "percentunit"),
        ),
        width=24,
    )


def _funding() -> Panel:
    rates = metric(SERIES, 'group="perp"', 'figure="funding_8h_ratio"')
    return Panel(
        title="Funding by venue",
        description="Funding rate of the perpetual, turned to eight hours, venue by time: red is paid "
        "by longs, blue by shorts. Red everywhere is leverage that a fall will sell.",
        unit="percentunit",
        queries=(Query(f"max by (subject) ({rates})", "{{subject}}"),),
        kind=Kind.HEAT,
        width=24,
        bands=((None, "blue"), (0.001, "red")),
    )


def _panel(declared: Metric) -> Panel:
    own = Query(_expr(declared), "{{company}}" if _per_company(declared) else _title(declared))
    beside_price = _per_company(declared) and declared.unit == "USD/BTC"
    margin = declared.name.endswith("margin_ratio")
    return Panel(
        title=_title(declared),
        description=f"{declared.description} {declared.formula}",
        unit=_unit(declared),
        queries=(own, _PRICE) if beside_price else (own,),
        bands=_MARGIN_BANDS if margin else (),
    )


def _per_company(declared: Metric) -> bool:
    return declared.scope is Scope.COMPANY


def _expr(declared: Metric) -> str:
    name, _ = gauge_name(declared.name, declared.scope)
    if _per_company(declared):
        return f"max by (company) ({metric(name, COMPANY)})"
    return f"max({metric(name)})"


def _words(family: str) -> str:
    return family.replace("_", " ").capitalize()


def _title(declared: Metric) -> str:
    return declared.label or declared.name.replace("_", " ").capitalize()


def _unit(declared: Metric) -> str:
    name, factor = gauge_name(declared.name, declared.scope)
    if name.endswith("_seconds") and factor:
        return "s"
    plain = {
        "ratio": "percentunit",
        MULTIPLE: "suffix:x",
        "USD": "currencyUSD",
        "USD/BTC": "currencyUSD",
        "": "short",
        "count": "short",
    }
    return plain.get(declared.unit, f"suffix: {declared.unit}")


def _trust() -> Row:
    words = tuple(Word(it.value, it.word, color) for it, color in _COLORS.items())
    by_metric = f"max by (metric) ({metric(READING_QUALITY, COMPANY_OR_NONE)})"
    oldest = f"min by (metric) ({metric(READING_TIMESTAMP, COMPANY_OR_NONE)})"
    return Row(
        "Trust",
        (
            Panel(
                title="Worst quality",
                description="The worst quality of each metric over the chosen companies. From "
                "disputed on no rule fires on the value and it leaves the panels above.",
                unit="short",
                queries=(Query(by_metric, "{{metric}}"),),
                kind=Kind.STATES,
                width=12,
                words=words,
            ),
            Panel(
                title="Oldest input",
                description="Age of the oldest value of each metric, by the source's own clock.",
                unit="s",
                queries=(Query(f"time() - {oldest}", "{{metric}}"),),
                width=12,
            ),
        ),
    )

"""What a board is made of, and the one translation of it to Grafana's own model.

A board file lists rows of `Panel`; everything that all panels share (datasource variable, gaps for
nulls, legends, grid) is decided here once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    timeseries,
    xychart,
)
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as prometheus_model
from grafana_foundation_sdk.models import xychart as xychart_model

from grafana import heat

SELECTOR = 'job=~"$job",instance=~"$instance"'
COMPANY = 'company=~"$company"'
DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHTS = {"lines": 8, "stat": 4, "states": 8, "table": 9, "map": 10, "heat": 10}

_Plain = timeseries.Panel | stat.Panel | statetimeline.Panel
AnyPanel = _Plain | tables.Panel | xychart.Panel | heatmap.Panel


class Kind(StrEnum):
    """How a panel shows its queries."""

    LINES = "lines"
    STAT = "stat"
    STATES = "states"
    TABLE = "table"
    MAP = "map"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression; in a table or a map its legend is the title of its column.

    With a `unit` of its own its line is drawn on an axis at the right; a table's column shows it.
    """

    expr: str
    legend: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A value that is shown as a word, with a colour beside it."""

    value: int
    text: str
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel, declared.

    Attributes:
        title: short.
        description: what it shows and what to do when it looks bad.
        unit: Grafana's unit id.
        queries: at least one.
        kind: how it is drawn.
        width: of 24.
        bands: colours from a value on; the first starts at minus infinity. A heat map has one
            scale, and takes from here only the value at its end.
        words: words in place of numbers.

    """

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    width: int = 8
    bands: tuple[tuple[float | None, str], ...] = ()
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A titled strip of panels; a closed one is opened by a click and asks nothing before."""

    title: str
    panels: tuple[Panel, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard, declared. `uid` never changes: links and bookmarks hold it."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    since: str = "now-6h"


UP_DOWN = (Word(0, "down", "red"), Word(1, "up", "green"))


def metric(name: str, *matchers: str) -> str:
    """Return a selector of `name` limited by the board's variables and `matchers`."""
    return f"{name}{{{','.join((SELECTOR, *matchers))}}}"


def rate(name: str, *matchers: str) -> str:
    """Return the per-second rate of a counter."""
    return f"rate({metric(name, *matchers)}[$__rate_interval])"


def quantile(share: float, histogram: str) -> str:
    """Return a quantile in seconds of a histogram over all processes."""
    return f"histogram_quantile({share}, sum by (le) ({rate(f'{histogram}_bucket')}))"


def build(board: Board) -> model.Dashboard:
    """Return Grafana's model of the board."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["hashhedge"])
        .readonly()
        .refresh("15s")
        .time(board.since, "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink("hashhedge boards")
            .type(model.DashboardLinkType.DASHBOARDS)
            .tags(["hashhedge"])
            .include_vars(include_vars=True)
            .keep_time(keep_time=True)
        )
        .annotation(_firing())
    )
    for variable in _variables():
        made.with_variable(variable)
    number = 0
    for row in board.rows:
        number += 1
        strip = dashboard.Row(row.title).id(number)
        panels = [_panel(panel).id(number + place) for place, panel in enumerate(row.panels, 1)]
        number += len(panels)
        if row.closed:
            for panel in panels:
                strip.with_panel(panel)
            made.with_row(strip.collapsed(collapsed=True))
            continue
        made.with_row(strip)
        for panel in panels:
            made.with_panel(panel)
    return made.build()


def _variables() -> Sequence[dashboard.DatasourceVariable | dashboard.QueryVariable]:
    source = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    chain = (
        ("job", "Job", "label_values(hashhedge_build_info, job)"),
        ("instance", "Instance", 'label_values(hashhedge_build_info{job=~"$job"}, instance)'),
        ("company", "Company", 'label_values(hashhedge_company_info{job=~"$job"}, company)'),
    )
    return [source, *(_variable(name, label, query) for name, label, query in chain)]


def _variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    everything = model.VariableOption(selected=True, text="All", value="$__all")
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .include_all(include_all=True)
        .all_value(".*")
        .multi(multi=True)
        .current(everything)
    )


def _firing() -> dashboard.AnnotationQuery:
    fired = metric("hashhedge_transitions_total", 'to_state="firing",mode="live"')
    return (
        dashboard.AnnotationQuery()
        .name("Alerts that began to fire")
        .datasource(DATASOURCE)
        .enable(enable=True)
        .icon_color("red")
        .expr(f"sum(increase({fired}[1m])) > 0")
    )


def _panel(panel: Panel) -> AnyPanel:
    made = _drawn(panel)
    made.title(panel.title).description(panel.description).unit(panel.unit)
    made.datasource(DATASOURCE).span(panel.width).height(_HEIGHTS[panel.kind])
    for letter, query in zip(ascii_uppercase, panel.queries, strict=False):
        made.with_target(_target(letter, query, panel.kind))
        if query.unit and isinstance(made, timeseries.Panel | tables.Panel):
            made.override_by_name(query.legend, _own_unit(query.unit, panel.kind))
    if panel.bands and panel.kind is not Kind.HEAT:
        steps = [model.Threshold(value=value, color=color) for value, color in panel.bands]
        made.thresholds(
            dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)
        )
        if isinstance(made, timeseries.Panel):
            shown = common_model.GraphThresholdsStyleMode.DASHED
            made.thresholds_style(common.GraphThresholdsStyleConfig().mode(shown))
    if panel.words:
        options = {
            str(word.value): model.ValueMappingResult(text=word.text, color=word.color, index=index)
            for index, word in enumerate(panel.words)
        }
        made.mappings([model.ValueMap(options=options)])
    return made


def _own_unit(unit: str, kind: Kind) -> list[model.DynamicConfigValue]:
    shown = model.DynamicConfigValue(id_val="unit", value=unit)
    right = model.DynamicConfigValue(id_val="custom.axisPlacement", value="right")
    return [shown] if kind is Kind.TABLE else [shown, right]


def _drawn(panel: Panel) -> AnyPanel:
    if panel.kind is Kind.STAT:
        latest = common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)
        return stat.Panel().reduce_options(latest).color_mode(common_model.BigValueColorMode.VALUE)
    if panel.kind is Kind.STATES:
        return statetimeline.Panel().merge_values(merge_values=True)
    if panel.kind is Kind.TABLE:
        return _columns(tables.Panel(), panel)
    if panel.kind is Kind.HEAT:
        edge = max(value for value, _ in panel.bands if value is not None)
        return heat.cells(panel.unit, edge)
    if panel.kind is Kind.MAP:
        points = xychart.Panel().mapping(xychart_model.SeriesMapping.AUTO)
        return _columns(points.series([xychart.XYSeriesConfig()]), panel)
    legend = (
        common.VizLegendOptions()
        .display_mode(common_model.LegendDisplayMode.TABLE)
        .placement(common_model.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
        .calcs(["lastNotNull"])
    )
    # A gap is a gap: unknown must not look like a straight line between two known values.
    return timeseries.Panel().legend(legend).span_nulls(span_nulls=False).fill_opacity(8)


Columned = TypeVar("Columned", tables.Panel, xychart.Panel)


def _columns(made: Columned, panel: Panel) -> Columned:
    titles = {
        f"Value #{letter}": query.legend
        for letter, query in zip(ascii_uppercase, panel.queries, strict=False)
    }
    if len(panel.queries) == 1:
        titles = {"Value": panel.queries[0].legend}
    return made.with_transformation(
        model.DataTransformerConfig(id_val="merge", options={})
    ).with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": {"Time": True}, "renameByName": titles},
        )
    )


def _target(letter: str, query: Query, kind: Kind) -> prometheus.Dataquery:
    made = prometheus.Dataquery().ref_id(letter).expr(query.expr).legend_format(query.legend)
    made.datasource(DATASOURCE)
    if kind in {Kind.TABLE, Kind.MAP}:
        return made.instant().format(prometheus_model.PromQueryFormat.TABLE)
    return made.range()

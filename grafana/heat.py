"""A heat map of series: a row of cells for each over time, in colours that part at zero."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap
from grafana_foundation_sdk.models import heatmap as model


def cells(unit: str, edge: float) -> heatmap.Panel:
    """Return a heat map whose colours end at `edge` above and below zero."""
    colors = (
        heatmap.HeatmapColorOptions()
        .mode(model.HeatmapColorMode.SCHEME)
        .scheme("RdYlBu")
        .reverse(reverse=True)
        .steps(63)
        .min(-edge)
        .max(edge)
    )
    # Grafana hides what is not above zero unless told otherwise, and rates go below it
    everything = heatmap.FilterValueRange().le(-edge * 1_000)
    return (
        heatmap.Panel()
        .calculate(calculate=False)
        .color(colors)
        .filter_values(everything)
        .cell_values(heatmap.CellValues().unit(unit))
        .cell_gap(1)
    )

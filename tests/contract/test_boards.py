"""The boards: rebuilt without a difference, complete, and asking only for what exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.build import FOLDER, boards, families
from tests.prometheus.catalogue import page_names
from tests.prometheus.examples import FAMILIES
from tests.prometheus.panels import BOARDS, Ask, asks, metrics_of, panels_of

BUILT = {
    "declared": boards(families()),
    "examples": boards(FAMILIES),
}


def every_board() -> list[Any]:
    """Return each built board, parsed, as a test parameter."""
    return [
        pytest.param(json.loads(text), id=f"{source}-{name}")
        for source, texts in BUILT.items()
        for name, text in texts.items()
    ]


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels without the row titles."""
    return list(panels_of(board))


def test_the_committed_files_are_the_built_ones() -> None:
    """Rebuilding leaves no difference; if it does, run `python -m grafana.build`."""
    assert {path.name: path.read_text(encoding="utf-8") for path in BOARDS} == BUILT["declared"]


def test_what_is_asked_for_exists() -> None:
    """Each metric of a committed panel is an instrument or a gauge of a declared metric."""
    names = page_names(families())
    unknown = {ask: metrics_of(ask.expr) - names for ask in asks()}
    assert {ask: missing for ask, missing in unknown.items() if missing} == {}


def test_what_examples_ask_for_exists(tmp_path: Path) -> None:
    """The same holds for boards of any other declarations."""
    for name, text in BUILT["examples"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    asked = {name for ask in asks(tmp_path.glob("*.json")) for name in metrics_of(ask.expr)}

    assert asked <= page_names(FAMILIES)
    assert "hashhedge_company_margin_ratio" in asked
    assert "hashhedge_hashprice_usd_ph_day" in asked


@pytest.mark.parametrize("board", every_board())
def test_conventions_of_a_board(board: dict[str, Any]) -> None:
    """Stable uid, no number, not editable, the four variables, links that keep time."""
    assert board["id"] is None
    assert board["uid"].startswith("hashhedge-")
    assert board["editable"] is False
    variables = {it["name"]: it for it in board["templating"]["list"]}
    assert list(variables) == ["datasource", "job", "instance", "company"]
    assert variables["datasource"]["type"] == "datasource"
    assert all(it["refresh"] == 2 for it in variables.values() if it["type"] == "query")
    assert all(link["keepTime"] and link["includeVars"] for link in board["links"])
    assert board["annotations"]["list"]
    assert "${DS_" not in json.dumps(board)
    assert "__inputs" not in board


@pytest.mark.parametrize("board", every_board())
def test_conventions_of_its_panels(board: dict[str, Any]) -> None:
    """Title, description, unit and the data source variable everywhere; nulls stay gaps."""
    ids = [*{id(panel): panel["id"] for panel in (*panels(board), *board["panels"])}.values()]
    assert len(ids) == len(set(ids))
    for panel in panels(board):
        title = panel["title"]
        assert title
        assert len(panel["description"]) > 15, title
        assert panel["fieldConfig"]["defaults"]["unit"], title
        assert panel["datasource"]["uid"] == "${datasource}", title
        if panel["type"] == "timeseries":
            assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False, title
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}", title
            assert 'job=~"$job"' in target["expr"], title
            assert 'instance=~"$instance"' in target["expr"], title


@pytest.mark.parametrize("ask", list(asks()), ids=lambda ask: f"{ask.board}-{ask.panel}")
def test_counters_are_read_as_rates(ask: Ask) -> None:
    """A counter is read through rate over $__rate_interval; only an annotation uses increase."""
    counters = [name for name in metrics_of(ask.expr) if name.endswith(("_total", "_bucket"))]
    for name in counters:
        assert f"rate({name}" in ask.expr or f"increase({name}" in ask.expr
        assert "$__rate_interval" in ask.expr or "increase" in ask.expr


def test_panels_do_not_overlap() -> None:
    """No two panels share a cell of the grid and none leaves it."""
    for text in BUILT["examples"].values():
        cells: set[tuple[int, int]] = set()
        for panel in json.loads(text)["panels"]:
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24
            mine = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not mine & cells, panel["title"]
            cells |= mine


def test_every_declared_metric_has_its_panel() -> None:
    """A metric that is declared is on the trader's board under its label."""
    titles = {panel["title"] for panel in panels(json.loads(BUILT["examples"]["trader.json"]))}
    assert titles >= {it.label for metrics in FAMILIES.values() for it in metrics}


def test_the_map_of_peers_reads_two_numbers_of_each_company() -> None:
    """The hedge ratio and the margin of each company meet in one panel (row C22)."""
    board = json.loads(BUILT["declared"]["trader.json"])
    (panel,) = [it for it in panels(board) if it["type"] == "xychart"]
    asked = [metrics_of(it["expr"]) for it in panel["targets"]]
    assert asked == [
        {"hashhedge_company_ai_revenue_mix_ratio"},
        {"hashhedge_company_margin_ratio"},
    ]
    assert all("by (company)" in it["expr"] and it["instant"] for it in panel["targets"])


def test_the_heat_map_of_funding_is_venue_by_time() -> None:
    """A row of cells for each venue over time, rates below zero included (row L08)."""
    board = json.loads(BUILT["declared"]["trader.json"])
    (panel,) = [it for it in panels(board) if it["type"] == "heatmap"]
    (target,) = panel["targets"]
    assert "hashhedge_series{" in target["expr"]
    assert 'figure="funding_8h_ratio"' in target["expr"]
    assert "by (subject)" in target["expr"]
    assert (target["range"], target["legendFormat"]) == (True, "{{subject}}")
    assert panel["options"]["calculate"] is False
    assert panel["options"]["filterValues"]["le"] < 0


def test_one_panel_has_entrants_and_the_rental_price() -> None:
    """Count of entrants and the trend of the rental price, each on an axis of its own (row C19)."""
    board = json.loads(BUILT["declared"]["trader.json"])
    (panel,) = [it for it in panels(board) if it["title"] == "Competition for AI tenants"]
    asked = " ".join(target["expr"] for target in panel["targets"])
    assert "hashhedge_ai_entrants_number" in asked
    assert "hashhedge_gpu_rental_change_30d_ratio" in asked
    (right,) = panel["fieldConfig"]["overrides"]
    assert right["matcher"]["options"] == "GPU rental price, 30 days"
    assert {"id": "custom.axisPlacement", "value": "right"} in right["properties"]


def test_a_closed_row_holds_its_panels() -> None:
    """Families beside the main ones open by a click, so a board of many metrics stays quick."""
    board = json.loads(BUILT["declared"]["trader.json"])
    rows = {it["title"]: it for it in board["panels"] if it["type"] == "row"}
    assert not rows["Mining"]["collapsed"]
    assert rows["Stocks"]["collapsed"]
    assert {it["title"] for it in rows["Stocks"]["panels"]} >= {"Share today"}


def test_break_even_stands_beside_the_price() -> None:
    """The break-even BTC price is drawn with the BTC price itself."""
    board = json.loads(BUILT["examples"]["trader.json"])
    panel = next(it for it in panels(board) if it["title"] == "Break-even BTC price")
    asked = set[str]().union(*(metrics_of(it["expr"]) for it in panel["targets"]))
    assert asked == {"hashhedge_company_break_even_btc_usd", "hashhedge_btc_price_usd"}


def test_grafana_loads_them_without_clicks() -> None:
    """The provisioning files name a data source and the folder, and allow no edits."""
    provisioning = FOLDER.parent / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())
    (prometheus,) = source["datasources"]
    assert (prometheus["type"], prometheus["editable"]) == ("prometheus", False)
    provider = yaml.safe_load((provisioning / "dashboards" / "hashhedge.yaml").read_text())
    (folder,) = provider["providers"]
    assert folder["allowUiUpdates"] is False
    assert folder["options"]["path"] == "/var/lib/grafana/dashboards"

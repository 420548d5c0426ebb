"""The operators' alert rules: valid, tested one by one, with texts and a runbook each."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from grafana.build import families
from tests.prometheus.binaries import promtool
from tests.prometheus.catalogue import page_names
from tests.prometheus.panels import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rules.yaml"
UNIT_TESTS = ROOT / "tests" / "prometheus" / "rules_test.yaml"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
_METRIC = re.compile(r"\b(?:hashhedge|process)_[a-z0-9_]+")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "--lint=all", "--lint-fatal", RULES),
        ("check", "config", RULES.parent / "prometheus.yml"),
        ("test", "rules", UNIT_TESTS),
    ],
    ids=["rules", "config", "unit tests"],
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    """Prometheus' own tool accepts the rules and the configuration, and their tests pass."""
    done = promtool(*arguments)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda it: it["alert"])
def test_conventions_of_an_alert(alert: dict[str, Any]) -> None:
    """CamelCase with a common first word, a known severity, both texts, an existing runbook."""
    assert re.fullmatch(r"Hashhedge([A-Z][a-z0-9]+)+", alert["alert"])
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    texts = alert["annotations"]
    assert texts["summary"].endswith(".")
    assert "{{" not in texts["summary"], "one sentence must fit the whole group"
    assert texts["description"].endswith(".")
    runbook = (ROOT / texts["runbook_url"]).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", runbook, re.MULTILINE)
    assert headings == [alert["alert"], "Meaning", "Impact", "Diagnosis", "Mitigation"]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda it: it["alert"])
def test_an_alert_reads_what_exists(alert: dict[str, Any]) -> None:
    """Each metric of a rule is on a page of ours."""
    names = page_names(families()) | {"process_start_time_seconds"}
    assert set(_METRIC.findall(alert["expr"])) <= names


def test_every_alert_fires_in_a_test() -> None:
    """No alert is shipped that was never seen firing, with its full labels and texts."""
    tested = yaml.safe_load(UNIT_TESTS.read_text())["tests"]
    fired = {
        step["alertname"]
        for case in tested
        for step in case["alert_rule_test"]
        if step["exp_alerts"]
    }
    assert fired == {alert["alert"] for alert in ALERTS}

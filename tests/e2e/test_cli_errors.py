"""Errors as a person sees them, word for word: what, where, why, how to mend it, where to read on (J10).

`tests/fixtures/errors.txt` keeps them; `pytest tests/e2e/test_cli_errors.py --write-golden` writes it anew.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.command import hashhedge

pytestmark = [pytest.mark.timeout(180)]

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "errors.txt"
FILES = {
    "users.yaml": "users:\n  - name: ana/#\n",
    "good.yaml": "users:\n  - name: ana\n",
    "rules.yaml": 'rules:\n  - {id: "low+", type: threshold, on: BTC-USD, below: 1, recover: 2}\n',
    "typo.yaml": "rules:\n  - {id: low, type: threshold, on: BTC-USD, belw: 1, recover: 2}\n",
    "far.yaml": "rules:\n  - {id: low, type: threshold, on: mining_margn_ratio, below: 1}\n",
    "torn.yaml": "rules: [\n",
    "push.yaml": "kind: ntfi\ntopic: ana\n",
    "keys": f"ben {16 * 'k'}\n",
}
MISTAKES = (
    "frobnicate",
    "runn",
    "fact sett",
    "config check --bogus",
    "fact set RIOT.power_price_usd_kwh 0.05",
    "data plan --days many",
    "calc",
    "calc nope_metric",
    "calc hashprice_usd_ph_day btc_usd=abc",
    "explain RIOTT.margin",
    "whatif RIOT --btc 5x",
    "company show RIOTT",
    "schema reddis",
    "silence add companie=HIVE --for 1h --reason x",
    "silence add company=HIVE --reason x",
    "maintenance add krakken",
    "users check nope.yaml",
    "users check user.yaml",
    "users check users.yaml",
    "users follow ana company=RIOTT --users good.yaml",
    "push test nope.yaml",
    "push preview push.yaml",
    "backtest nope.yaml",
    "rules check rules.yaml",
    "rules check typo.yaml",
    "rules check far.yaml",
    "rules check torn.yaml",
    "rules explain btc-under-10k",
    "command sign alert.ack rule=btc-low --user anna",
    "rules set good.yaml --user 'Ana B'",
    "rules list --user ana.b",
    "rules remove low --user #",
    "command sign alert.ack rule=low key=BTC-USD --user 'Ana B'",
    "command sign alert.ac --user ana --users keys",
    "command sign alert.ack rul=low key=BTC-USD --user ana --users keys",
    "command sign alert.ack rule --user ana --users keys",
    "command sign alert.ack rule=low key=BTC-USD --user ana",
    "command sign alert.ack rule=low key=BTC-USD --user ana --users nope",
    "command sign alert.ack rule=low key=BTC-USD --user ana --users keys",
    "command sign --user ana",
    "command list",
    "command lst",
    "push test push.yaml --user 'Ána B'",
    "delivery list --user ''",
    "silence end 5f0c --author 'Ana B' --redis-url redis://127.0.0.1:1",
    "template render btc-under-10k",
    "route test --alert btc-under-100k --users good.yaml",
    "route test --alert btc-under-10k/BTC-USD --users good.yaml",
    "watchlist add Mine RIOT",
    "calendar 2026-13-01",
    "feeds test krakken",
    "alert list",
    "run --redis-url http://127.0.0.1",
    "run --mqtt-url http://127.0.0.1",
)


def shown(line: str, folder: Path) -> str:
    """Return what a mistake is answered, and the exit code."""
    said = hashhedge(*shlex.split(line), cwd=folder, env={"COLUMNS": "80"})
    assert said.out == ""
    return f"$ hashhedge {line}\n{said.err}[exit {said.code}]\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with files to get wrong."""
    path = tmp_path_factory.mktemp("mistakes")
    for name, text in FILES.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def kept() -> dict[str, str]:
    """Return the errors of the fixture by their command."""
    blocks = FIXTURE.read_text(encoding="utf-8").split("\n\n") if FIXTURE.exists() else []
    return {block.partition("\n")[0][12:]: block.strip("\n") + "\n" for block in blocks}


def test_errors_read_as_they_are_kept(folder: Path, request: pytest.FixtureRequest) -> None:
    """Word for word; each exits with 2, has a mend, and names a page that is there."""
    told = {line: shown(line, folder) for line in MISTAKES}
    if request.config.getoption("--write-golden"):
        FIXTURE.write_text("\n".join(told.values()), encoding="utf-8")
    assert told == kept()
    for block in told.values():
        assert block.startswith("$ ")
        assert "\nerror " in block
        assert "  to fix: " in block
        assert re.search(r"docs/\w+\.md", block)
        assert block.endswith("[exit 2]\n")

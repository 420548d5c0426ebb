"""Facts of the company books in a rulebook: checked when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import hashhedge


def checked(tmp_path: Path, *rules: str) -> tuple[int, str]:
    """Return the exit code of `rules check` and what it says on stderr."""
    book = tmp_path / "rules.yaml"
    book.write_text("rules:\n" + "".join(f"  - {rule}\n" for rule in rules))
    done = hashhedge("rules", "check", str(book), cwd=tmp_path)
    return done.code, done.err


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{id: a, type: threshold, on: btc_heldd, below: 1}", "did you mean `btc_held`?"),
        (
            "{id: a, type: expression, on: BTC-USD, inputs: {h: {on: btc_held, company: RIOTT}}, when: h > 1}",
            "input `h` of rule `a` is of `RIOTT`, for which `btc_held` does not exist",
        ),
        (
            "{id: a, type: expression, on: BTC-USD, inputs: {h: btc_held}, when: value < h}",
            "say whose: `company: RIOT`",
        ),
    ],
)
def test_a_fact_that_cannot_be_meant_is_refused(tmp_path: Path, rule: str, words: str) -> None:
    """With exit 2, the line and the mend."""
    code, said = checked(tmp_path, rule)
    assert code == 2
    assert "rules.yaml:2" in said
    assert words in said


def test_what_may_be_a_slip_is_a_doubt(tmp_path: Path) -> None:
    """An instrument in place of the fact, a fact that no book states, an input nobody quotes."""
    code, said = checked(
        tmp_path,
        "{id: live, type: threshold, on: RIOT.btc_held, below: 10}",
        "{id: host, type: threshold, on: hashrate_eh_s, companies: [CRWV], below: 10}",
        "{id: strange, type: expression, on: BTC-USD, inputs: {x: GPUX}, when: value < x}",
        "{id: fine, type: threshold, on: hashrate_eh_s, companies: [RIOT, CRWV], below: 10}",
    )
    assert code == 0
    lines = said.splitlines()
    assert len(lines) == 3
    assert "what the book of RIOT says is `btc_held` of company RIOT" in lines[0]
    assert "rule `strange` reads `GPUX`, which no feed quotes" in lines[1]
    assert "reads `hashrate_eh_s`, which no book of CRWV states" in lines[2]

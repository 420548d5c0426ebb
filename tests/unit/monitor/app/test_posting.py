"""What the service brings to its users: secrets by name, tags of alerts."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.model import Transition
from monitor.app.posting import Tags
from monitor.app.pushing import secrets_of
from monitor.app.world import load_world
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.settings import Settings
from tests.transitions import transition


def test_a_secret_is_read_by_its_name_at_each_asking(tmp_path: Path) -> None:
    """From the variable, else from the file that its twin names; it may be changed meanwhile."""
    file = tmp_path / "token"
    file.write_text("first\n")
    read = secrets_of({"PLAIN": "word", "KEPT_FILE": str(file)})
    assert (read("PLAIN"), read("KEPT")) == ("word", "first")
    file.write_text("second\n")
    assert read("KEPT") == "second"


def test_a_secret_that_is_not_there_says_where_it_should_be(tmp_path: Path) -> None:
    """By name alone: no text of a secret is in an error."""
    gone = tmp_path / "gone"
    read = secrets_of({"LOST_FILE": str(gone), "OTHER": "do-not-show"})
    with pytest.raises(ConfigError, match="there is none") as missing:
        read("NTFY_TOKEN")
    assert missing.value.hint.startswith("set NTFY_TOKEN to the key, or NTFY_TOKEN_FILE to a file")
    with pytest.raises(ConfigError, match="No such file") as lost:
        read("LOST")
    assert lost.value.where == "LOST_FILE"
    assert "do-not-show" not in f"{missing.value}{lost.value}"


RULES = """\
notify: {family: usual}
rules:
  - {id: plain, type: threshold, on: mining_margin_ratio, below: 0.1, recover: 0.2}
  - id: own
    type: threshold
    on: mining_margin_ratio
    below: 0.1
    recover: 0.2
    notify: {family: margins}
"""


@pytest.mark.parametrize(
    ("item", "tags"),
    [
        (transition(rule="own"), {"miner", "margins"}),
        (transition(rule="plain"), {"miner", "usual"}),
        (transition(rule="own", key="CRWV", flags=("litigation",)),
         {"ai_host", "margins", "litigation"}),
        (transition(rule="nobodys", key="BTC-USD", labels={"instrument": "BTC-USD"}), set()),
    ],
)  # fmt: skip
def test_an_alert_has_the_tags_of_company_rule_and_flags(
    tmp_path: Path, item: Transition, tags: set[str]
) -> None:
    """The type of the company, the family of the rule, what stands or is near."""
    book = tmp_path / "rules.yaml"
    book.write_text(RULES)
    world = load_world(Settings(rules=book), SystemClock().now())
    assert Tags(lambda: world)(item) == tags

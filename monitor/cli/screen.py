"""The live table of a terminal: companies, margins, ratios, and the last alerts. 80 columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.model import Transition
from monitor.cli.output import number
from monitor.compute.firms import Firm
from monitor.compute.step import Step
from monitor.core.clock import iso
from monitor.domain.events import BTC_USD, Reading

COLUMNS: Mapping[str, str] = {
    "mining_margin_ratio": "mining\nmargin",
    "break_even_btc_usd": "break-even\nBTC",
    "ai_revenue_mix_ratio": "AI mix\nreported",
    "ai_live_mix_ratio": "AI mix\nlive",
    "contracted_coverage_ratio": "contracted\ncoverage",
}
LEGEND = "*: too old or disputed, nothing fires on it; ?: an input is unknown; -: does not apply"
STYLES = {"firing": "bold red", "resolved": "green", "no_data": "yellow"}
ALERTS_SHOWN = 8
FRAME_LINES = 11
"""Of the board beside its rows: the market's lines, the table's head and frame, two captions."""
ALERT_LINES = 5


def cell(reading: Reading, unit: str) -> Text:
    """Return a reading as a cell: dim and marked if nothing may fire on it."""
    if reading.value is None:
        return Text("-" if reading.reason == "not_applicable" else "?", style="dim")
    text = number(reading.value, unit)
    return Text(text) if reading.quality.usable else Text(f"{text} *", style="dim")


def room_for(height: int) -> int:
    """Return how many companies a screen of `height` lines has room for, alerts left in sight."""
    return max(height - FRAME_LINES - ALERT_LINES, 1)


def board(step: Step, units: Mapping[str, str], *, title: str, room: int | None = None) -> Table:
    """Return the table of the companies at this moment.

    Those of which nothing is known are left out, then those that there is no `room` for, who is
    quoted coming first; it says how many.
    """
    firms = sorted(
        (firm for firm in step.firms if _known(step, firm)),
        key=lambda firm: step.instruments.reading(firm.ticker).value is None,
    )
    shown = firms if room is None else firms[:room]
    left_out = len(step.firms) - len(shown)
    more = f"{left_out} more in `hashhedge compare`. " if left_out else ""
    table = Table(
        title=title, title_justify="left", caption=f"{more}{LEGEND}", caption_justify="left"
    )
    table.add_column("company", vertical="bottom")
    table.add_column("share", justify="right")
    for label in COLUMNS.values():
        table.add_column(label, justify="right")
    for firm in shown:
        table.add_row(
            firm.ticker,
            cell(step.instruments.reading(firm.ticker), "USD"),
            *(cell(step.reading(name, firm.ticker), units[name]) for name in COLUMNS),
        )
    return table


def _known(step: Step, firm: Firm) -> bool:
    """Tell whether the board has anything to say of a company."""
    readings = (step.reading(name, firm.ticker) for name in COLUMNS)
    known = (step.instruments.reading(firm.ticker), *readings)
    return any(reading.value is not None for reading in known)


def headline(step: Step) -> str:
    """Return the market in one line."""
    price = step.instruments.reading(BTC_USD)
    hashprice = step.reading("hashprice_usd_ph_day", None)
    moment = "" if step.now is None else iso(step.now)[:16].replace("T", " ") + " UTC"
    return (
        f"{moment}  BTC {number(price.value)} USD ({price.quality.word})  "
        f"hashprice {number(hashprice.value)} USD/PH/day"
    )


def alert_line(event: Mapping[str, Any]) -> Text:
    """Return one alert's line: when, what it became, how loud, who, and the sentence."""
    line = Text(f"{event['time'][:16].replace('T', ' ')} ")
    line.append(f"{event['state']:<9}", style=STYLES.get(event["state"], ""))
    line.append(f"{event['severity']:<9}{event['rule']} {event['key']}: {event['summary']}")
    return line


def transition_line(transition: Transition) -> Text:
    """Return a transition's line, as `alert_line` makes it of an event."""
    return alert_line(
        {
            "time": iso(transition.at),
            "state": transition.to_state.value,
            "severity": transition.severity.value,
            "rule": transition.rule,
            "key": transition.key,
            "summary": transition.summary,
        }
    )


def whole(lines: Sequence[str], table: Table, alerts: Sequence[Text], *, caption: str) -> Group:
    """Return the whole screen: market, companies, the last alerts with the newest on top.

    What a low screen has no room for is cut off below, so the oldest alerts go first.
    """
    told = reversed(alerts) if alerts else [Text("none yet", style="dim")]
    return Group(*(Text(line) for line in lines), table, Text(caption), *told)


class AlertLog:
    """The last alerts that came back from the broker, for the screen."""

    def __init__(self) -> None:
        self._lines: deque[Text] = deque(maxlen=ALERTS_SHOWN)
        self.states: dict[tuple[str, str], list[str]] = {}
        self.ids: set[str] = set()

    def heard(self, event: Mapping[str, Any]) -> Text:
        """Note one alert event as it came from the broker; return its line."""
        self.ids.add(event["id"])
        self.states.setdefault((event["rule"], event["key"]), []).append(event["state"])
        line = alert_line(event)
        self._lines.append(line)
        return line

    @property
    def complete(self) -> int:
        """Return how many alerts both fired and resolved."""
        return sum("firing" in seen and "resolved" in seen for seen in self.states.values())

    @property
    def lines(self) -> list[Text]:
        """Return the last alerts, the oldest first."""
        return list(self._lines)

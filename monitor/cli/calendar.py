"""`hashhedge calendar`: when the exchange is open on a date, in three zones, and what happens then."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.books import load_calendar
from monitor.cli.live import LiveOption, live_of, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.core.clock import Millis, SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.domain.agenda import Agenda, Event, chain_events
from monitor.domain.events import BLOCK_PACE, HEIGHT, Quote
from monitor.domain.sessions import NEW_YORK, SessionCalendar, TradingDay
from monitor.nyse import FIRST_YEAR, LAST_YEAR, nyse_calendar

Record = dict[str, Any]

CalendarOption = Annotated[
    Path | None,
    typer.Option("--calendar", envvar="HASHHEDGE_CALENDAR", help="Calendar of dated events."),
]

MAX_DAYS = 366
SESSIONS = ("pre", "regular", "post")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("calendar")(show_calendar)


def show_calendar(
    day: Annotated[
        str | None, typer.Argument(metavar="[DATE]", help="Date in New York; today if left out.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=MAX_DAYS, help="So many days from that date on.")
    ] = 1,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Your zone, Europe/Berlin; else this machine's.")
    ] = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show when the exchange is open on a date, and what happens: New York, UTC and your own time.

    Retargets and halvings are estimated where a running service tells of the chain.
    """
    now = SystemClock().now()
    own = _zone(zone)
    first = _first_day(day, now, days)
    agenda = load_calendar(settings_with(calendar=calendar).calendar).expecting(_foreseen(live))
    dates = [first + timedelta(days=n) for n in range(days)]
    rows = [_day(date, own) | {"events": _events(date, agenda, own)} for date in dates]
    data = {"exchange": "NYSE", "zone": str(own or _zone_name(now, own)), "days": rows}
    emit(data, output, lambda: _draw(rows, own), lambda: _records(rows))


def _first_day(text: str | None, now: Millis, days: int) -> date:
    """Return the date asked for.

    Raises:
        ConfigError: it is no date, or the calendar does not reach so far.

    """
    if text is None:
        return _wall(now, NEW_YORK).date()
    try:
        first = date.fromisoformat(text)
    except ValueError as error:
        hint = "write it as 2025-12-24"
        raise ConfigError(f"`{text}` is no date", where="DATE", hint=hint) from error
    if (
        first.year < FIRST_YEAR
        or (first.toordinal() + days - 1) > date(LAST_YEAR, 12, 31).toordinal()
    ):
        hint = f"ask for a date from {FIRST_YEAR} to {LAST_YEAR}"
        raise ConfigError("no session is known so far away", where="DATE", hint=hint)
    return first


def _zone(name: str | None) -> tzinfo | None:
    """Return the zone of that name; None stands for the machine's own.

    Raises:
        ConfigError: there is no such zone.

    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        hint = "take a name of the IANA list, for instance Europe/Berlin"
        raise ConfigError(f"no time zone `{name}`", where="--zone", hint=hint) from error


def _wall(moment: Millis, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(moment / 1_000, UTC).astimezone(zone)


def _zone_name(moment: Millis, zone: tzinfo | None) -> str:
    return _wall(moment, zone).tzname() or "local"


def _times(moment: Millis, zone: tzinfo | None) -> Record:
    """Return one moment in the three zones."""
    return {
        "utc": iso(moment),
        "new_york": _wall(moment, NEW_YORK).isoformat(timespec="minutes"),
        "local": _wall(moment, zone).isoformat(timespec="minutes"),
    }


def _day(day: date, zone: tzinfo | None) -> Record:
    """Return what the exchange does on a date."""
    calendar = nyse_calendar()
    trading = calendar.on(day)
    return {
        "date": day.isoformat(),
        "weekday": f"{day:%A}",
        "state": _state(calendar, day, trading),
        "name": calendar.name_of(day) or None,
        "sessions": [] if trading is None else _sessions(trading, zone),
    }


def _foreseen(live: str | None) -> tuple[Event, ...]:
    """Return the retargets and halvings that a running service lets expect; without one, none."""
    _, quotes = live_of(live)
    newest = {quote.instrument: quote for quote in sorted(quotes, key=_rank)}
    height, pace = newest.get(HEIGHT), newest.get(BLOCK_PACE)
    if height is None:
        return ()
    return chain_events(
        int(height.value), height.observed_at, None if pace is None else float(pace.value)
    )


def _rank(quote: Quote) -> tuple[float, int]:
    """Return a sorting key: of heights the greatest is the newest, of the rest the latest."""
    return (float(quote.value) if quote.instrument == HEIGHT else 0.0, quote.observed_at)


def _events(day: date, agenda: Agenda, zone: tzinfo | None) -> list[Record]:
    """Return what happens on a date in New York."""
    start, end = (
        round(datetime.combine(day + timedelta(days=n), time(), NEW_YORK).timestamp() * 1_000)
        for n in (0, 1)
    )
    return [
        {
            "id": event.id,
            "kind": event.kind,
            "at": _times(event.at, zone),
            "window": {
                "from": _times(event.at - event.before_ms, zone),
                "to": _times(event.at + event.after_ms, zone),
            },
            "companies": list(event.companies),
            "source": event.source,
            "estimated": event.estimated,
        }
        for event in agenda.between(start, end)
    ]


def _state(calendar: SessionCalendar, day: date, trading: TradingDay | None) -> str:
    if trading is None:
        return "closed"
    return "half_day" if calendar.is_half_day(day) else "open"


def _sessions(day: TradingDay, zone: tzinfo | None) -> list[Record]:
    edges = (day.pre_open_at, day.open_at, day.close_at, day.post_close_at)
    return [
        {"session": name, "from": _times(edges[n], zone), "to": _times(edges[n + 1], zone)}
        for n, name in enumerate(SESSIONS)
    ]


def _records(rows: list[Record]) -> list[Record]:
    """Return a row for each session, or one for a day without any, and for each event's window."""
    found: list[Record] = []
    for row in rows:
        head = {name: row[name] for name in ("date", "state", "name")}
        empty: Record = {"session": "closed", "from": {}, "to": {}}
        events = ({"event": it["id"], "kind": it["kind"]} | it["window"] for it in row["events"])
        for item in (*(row["sessions"] or [empty]), *events):
            edges = {
                f"{edge}_{zone}": item[edge].get(zone)
                for edge in ("from", "to")
                for zone in ("utc", "new_york", "local")
            }
            words = {name: item.get(name) for name in ("session", "event", "kind")}
            found.append(head | words | edges)
    return found


def _draw(rows: list[Record], zone: tzinfo | None) -> Group:
    parts: list[RenderableType] = []
    for row in rows:
        parts.append(Text.assemble((f"{row['weekday']} {row['date']}", "bold"), f"  {_words(row)}"))
        if row["sessions"]:
            parts.append(_table(row["sessions"], zone))
        parts += [Text(f"  {_event_words(event)}") for event in row["events"]]
    return Group(*parts)


def _words(row: Record) -> str:
    """Return the day in a sentence."""
    name = f" ({row['name']})" if row["name"] else ""
    if row["state"] == "closed":
        return f"closed{name or ' (weekend)'}"
    close, post = (row["sessions"][n]["to"]["new_york"][11:16] for n in (1, 2))
    kind = "half day" if row["state"] == "half_day" else "open"
    return f"{kind}{name}: close {close} New York, post-market to {post}"


def _event_words(event: Record) -> str:
    """Return an event in a line: when, what, whose, says who."""
    new_york, utc, local = (event["at"][name][11:16] for name in ("new_york", "utc", "local"))
    whose = ", ".join(event["companies"]) or "market"
    about = "about " if event["estimated"] else ""
    words = f"{event['kind']}  {about}{new_york} New York, {utc} UTC, {local} here  {whose}"
    return f"{words}  {event['id']} ({event['source']})"


def _table(sessions: list[Record], zone: tzinfo | None) -> Table:
    moment = datetime.fromisoformat(sessions[0]["from"]["local"])
    own = str(zone) if zone is not None else f"here, {moment.astimezone().tzname()}"
    table = sheet("session", "New York", "UTC", own)
    for item in sessions:
        spans = (
            f"{item['from'][name][11:16]} - {item['to'][name][11:16]}"
            for name in ("new_york", "utc", "local")
        )
        table.add_row(item["session"], *spans)
    return table

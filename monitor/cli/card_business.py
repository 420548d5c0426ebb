"""What a company runs, on a terminal: machines, sites, contracts, tenants, and the seven risks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import RenderableType
from rich.text import Text

from monitor.cli.card_words import (
    NOT_DISCLOSED,
    CardPart,
    Footnotes,
    amount,
    below,
    value_line,
    without_value,
)


def hashrates(entries: Iterable[CardPart], notes: Footnotes) -> Iterator[RenderableType]:
    """Yield the hashrate on each basis; the one that the metrics take is marked."""
    for item in entries:
        mark = "  used" if item["used"] else ""
        value = amount(item["value"], item["unit"])
        yield Text(f"{item['basis']:<26}{value:>14} {item['as_of']} {notes.mark(item)}{mark}")


def fleet(card: CardPart | None, notes: Footnotes) -> Iterator[RenderableType]:
    """Yield the machines, the first to go dark first, and who is unprofitable."""
    if card is None:
        return
    yield Text(f"{card['efficiency_j_th']:,.4g} J/TH on {card['as_of']}, weighted by hashrate")
    for machine in card["machines"]:
        price = machine["shutdown_hashprice_usd_ph_day"]
        limit = "" if price is None else f", off below {price:,.2f} USD/PH/day"
        state = {True: "", False: "  unprofitable", None: ""}[machine["profitable"]]
        size = f"{machine['share_ratio']:.1%}, {machine['efficiency_j_th']:,.4g} J/TH"
        line = Text(f"{machine['name']}: {size}{limit} {notes.mark(machine)}")
        yield line.append(state, style="bold red")
    if card["unprofitable"] is None:
        lacks = ", ".join(card["missing"])
        yield below(f"which are unprofitable is unknown for want of {lacks}")
    else:
        dark = ", ".join(card["unprofitable"]) or "none"
        yield below(
            f"unprofitable at {card['hashprice_usd_ph_day']:,.2f} USD/PH/day and"
            f" {card['power_price_usd_kwh']:g} USD/kWh: {dark}"
            f" ({card['unprofitable_share_ratio']:.0%} of the hashrate)"
        )
    for words in card["assumed"]:
        yield Text(f"assumed: {words}", style="yellow")


def sites(entries: Iterable[CardPart], notes: Footnotes) -> Iterator[RenderableType]:
    """Yield each site with power, contract, cooling and ramp."""
    for site in entries:
        power = f"{amount(site['mw'], 'MW')} {site['mw_basis']}".rstrip()
        yield Text(f"{site['name']}: {site['use']}, {power} on {site['as_of']} {notes.mark(site)}")
        cooling = site["cooling"] or NOT_DISCLOSED
        contract = amount(site["power_contracted_mw"], "MW")
        pue = NOT_DISCLOSED if site["pue"] is None else f"{site['pue']:g}"
        ramp = "" if site["ramp"] is None else f", due {site['ramp']}"
        yield below(f"power contracted: {contract}, cooling: {cooling}, PUE: {pue}{ramp}")
        if site["note"]:
            yield below(site["note"])


def stages(ladder: Mapping[str, CardPart], total: CardPart | None) -> Iterator[RenderableType]:
    """Yield the power at each stage, and what of it is in force."""
    for stage, item in ladder.items():
        yield Text(f"{stage}: {_power(item)}")
    if ladder and total is not None:
        words = _power(total) if total["entries"] else "nothing"
        yield below(f"in force, so without ideas and evaluations: {words}")


def _power(item: CardPart) -> str:
    more = f", {item['undisclosed']} more not disclosed" if item["undisclosed"] else ""
    return f"{amount(item['mw'], 'MW')}{more if item['mw'] else ''}"


def contracts(entries: Iterable[CardPart], notes: Footnotes) -> Iterator[RenderableType]:
    """Yield each contract with its terms."""
    for item in entries:
        step = item["stages"][-1]
        yield Text(f"{item['name']}: {item['stage']} since {item['since']} {notes.mark(step)}")
        for words in _terms(item):
            yield below(words)


def _terms(item: CardPart) -> Iterator[str]:
    if item["counterparty"]:
        ticker = f" ({item['counterparty_ticker']})" if item["counterparty_ticker"] else ""
        yield f"tenant: {item['counterparty']}{ticker}"
    yield f"power: {amount(item['mw'], 'MW')} {item['mw_basis']}".rstrip()
    if item["counterparty"]:
        years = item["term_years"]
        term = NOT_DISCLOSED if years is None else f"{years:g} years"
        yield f"value: {amount(item['value_usd'], 'USD')}, term: {term}"
        per_mw = item["run_rate_usd_mw_year"]
        each = "" if per_mw is None else f", {per_mw / 1e6:.4g} M USD per MW"
        yield f"run-rate: {amount(item['run_rate_usd_year'], 'USD/year')}{each}"
    if item["fixed_fee"]["agreed"]:
        yield f"fixed fee: agreed, {amount(item['fixed_fee']['usd_year'], 'USD/year')}"
    if item["revenue_share"]["agreed"]:
        yield f"revenue share: agreed, {amount(item['revenue_share']['ratio'], 'ratio')}"
    if item["guarantor"]:
        yield f"guarantor: {item['guarantor']}"
    if item["note"]:
        yield item["note"]


def tenants(card: CardPart) -> Iterator[RenderableType]:
    """Yield each tenant's share of the contracted revenue, and how long they are bound."""
    for share in card["shares"]:
        yield Text(f"{share['tenant']}: {amount(share['share_ratio'], 'ratio')}")
    if card["reason"]:
        yield Text("shares unknown: a contract in force discloses no value or term")
    if card["remaining_term_years"] is not None:
        undisclosed = card["remaining_term_undisclosed"]
        more = f"; {undisclosed} more disclose no term" if undisclosed else ""
        yield Text(
            f"bound for {card['remaining_term_years']:.1f} years still, weighted by run-rate{more}"
        )


def edges(entries: Iterable[CardPart], side: str) -> list[RenderableType]:
    """Return who depends on whom, by which contracts."""
    return [Text(f"{edge[side]}: {', '.join(edge['contracts'])}") for edge in entries]


def risks(entries: Iterable[CardPart], notes: Footnotes) -> Iterator[RenderableType]:
    """Yield the seven risk cards: the judged level, what is computed, what is not known."""
    for risk in entries:
        yield Text.assemble((risk["risk"], "bold"), f": {_level(risk, notes)}")
        yield below(risk["question"])
        if risk["level"]:
            yield below(f"judged by {risk['author']} on {risk['date']}, expires {risk['expires']}")
        for kind, flag in risk.get("sub_flags", {}).items():
            yield Text(f"  {kind}: {_sub_flag(flag, notes)}")
        for entry in risk["indicators"]:
            if entry["value"] is not None:
                yield Text("  ").append(value_line(entry))
                if entry["note"]:
                    yield below(f"  {entry['note']}")
        for words in without_value(risk["indicators"]):
            yield below(words)
        yield below(f"alert that suits: {risk['suggested_alert']}")


def _level(risk: CardPart, notes: Footnotes) -> str:
    if risk["state"] == "judged":
        return f"{risk['level']}: {risk['reason']} {notes.mark(risk)}"
    if risk["state"] == "expired":
        return f"no level; that of {risk['author']} expired on {risk['expired_on']}"
    return "no level: nobody has judged it"


def _sub_flag(flag: CardPart | None, notes: Footnotes) -> str:
    if flag is None:
        return "not assessed"
    word = "raised" if flag["raised"] else "not raised"
    return f"{word}, {flag['date']}: {flag['text']} {notes.mark(flag)}"

"""`TICKER.FACT` as people write it: the company, and the fact by its name or a short word."""

from __future__ import annotations

from collections.abc import Collection

from monitor.cli.company import find
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.companies import Companies, Company
from monitor.domain.facts import FACTS

FACT_ALIASES = {
    "gpus": "gpu_count",
    "hashrate": "hashrate_eh_s",
    "efficiency": "efficiency_j_th",
    "power_price": "power_price_usd_kwh",
    "coins": "btc_held",
}
"""Short words for facts, as people say them."""

WHERE = "TICKER.FACT"


def company_fact(
    what: str, companies: Companies, known: Collection[str] = FACTS.keys()
) -> tuple[Company, str]:
    """Return the company and the fact that `what` names, for instance `IREN.gpu_count`.

    Raises:
        ConfigError: it names no company, or no fact of those `known`; names the nearest.

    """
    ticker, separator, word = what.rpartition(".")
    if not separator:
        raise ConfigError(f"`{what}` is no TICKER.FACT", where=WHERE, hint="IREN.gpu_count")
    company = find(companies, ticker)
    fact = FACT_ALIASES.get(word, word)
    if fact not in known:
        raise ConfigError(f"no fact `{word}`", where=WHERE, hint=nearest(word, known))
    return company, fact

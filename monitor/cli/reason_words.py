"""Why there is no number, in the words of a person: the one place that turns codes into them.

Programs get the codes (`--output json`, `yaml`, `csv`), which are part of what a version promises;
a terminal gets what `said` makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WORDS: Mapping[str, str] = {
    "above_expected": "above what the hashrate could be expected to make",
    "ai_at_a_loss": "its AI makes a loss",
    "ai_stands_still": "the AI basket stands still",
    "always_mining": "mining is better at any hashprice",
    "always_profitable": "it costs nothing, so it always pays",
    "btc_stands_still": "bitcoin stands still",
    "covered": "AI covers every fall",
    "metric_failed": "a fault of its own; the log has it",
    "mixed_period": "its figures are of periods too far apart",
    "no_break": "no break in the beta",
    "no_pace": "no pace of blocks yet",
    "no_quote": "no quote yet",
    "no_spread": "the companies do not differ",
    "no_tenant": "it depends on no tenant of the books",
    "none_without_ai_profit": "never, without a profit of its AI",
    "not_finite": "no finite number comes out",
    "not_listed": "no exchange quotes it",
    "not_looked_at": "nobody has looked at it yet",
    "retarget_in_window": "the difficulty changed within the window",
    "same_period": "nothing was filed since",
    "singular_regressors": "bitcoin and AI move as one",
    "stock_stands_still": "the share stands still",
    "too_early": "too early in the epoch",
    "too_few_pairs": "too few paired sessions so far",
    "too_few_days": "too few days so far",
    "too_few_companies": "too few companies have it",
    "too_little_explained": "too little of the share is explained",
}
"""Codes that say too little with their underscores taken away; the others are words then."""

_PARTS: Mapping[str, str] = {
    "missing": "missing {}",
    "negative": "{} is below 0",
    "no_ratio": "no ratio in {}",
}
"""Codes that name an input behind a colon; its name stays as it is, to be given or looked up."""


def said(reason: str | None) -> str:
    """Return a code as words: of a reading, a rule, a feed or a change; '' where there is none."""
    if not reason:
        return ""
    head, colon, name = reason.partition(":")
    if colon and head in _PARTS:
        return _PARTS[head].format(name)
    return _WORDS.get(reason, reason.replace("_", " "))


_FLAGS: Mapping[str, str] = {
    "mixed_period": "of different periods",
    "mixed_basis": "on different bases",
    "override": "given by hand",
    "converted": "converted",
}
"""What limits a value, before the colon behind which its inputs stand."""


def flagged(flag: str) -> str:
    """Return what limits a value in words; the names of its inputs stay as they are."""
    head, colon, rest = flag.partition(":")
    if colon and head in _FLAGS:
        return f"{_FLAGS[head]}:{rest}"
    if flag.startswith("basis="):
        return f"hashrate: {flag.removeprefix('basis=')}"
    return said(flag) if flag.isidentifier() else flag


def lacking(missing: Sequence[str], reason: str | None) -> str:
    """Return what a value lacks, all of it by name, else why there is none."""
    return f"missing {', '.join(missing)}" if missing else said(reason)

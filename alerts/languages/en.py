"""English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "severity.critical": "CRITICAL",
        "severity.warning": "Warning",
        "severity.info": "Info",
        "stage.firing": "firing",
        "stage.worsened": "firing, louder than before",
        "stage.repeated": "still firing",
        "stage.resolved": "over",
        "stage.noted": "noted",
        "stage.digest": "summary",
        "title": "{severity}: {subject} {name} {value}, {stage}",
        "title.plain": "{severity}: {subject} {name}, {stage}",
        "title.test": "TEST, nothing happened. {title}",
        "sentence.above": "{subject} {name} is {value}, above {level}.",
        "sentence.below": "{subject} {name} is {value}, below {level}.",
        "sentence.at": "{subject} {name} is {value}.",
        "sentence.over": "Over: {subject} {name} is {value}.",
        "sentence.unknown": "{subject} {name} is unknown.",
        "line.value": "Value: {it}",
        "line.level": "Level: {it}",
        "line.distance": "Distance: {it}",
        "line.source": "Source: {it}",
        "line.age": "Age: {it}",
        "line.time": "Time: {it}",
        "line.link": "Chart: {it}",
        "escalation": "Nobody has acknowledged it.",
        "unknown": "unknown",
        "books": "books and kept history",
        "list": ", ",
        "points": "{number} percentage points",
        "relative": "{it} ({ratio})",
        "age.s": "{number} s",
        "age.min": "{number} min",
        "age.h": "{number} h",
        "age.d": "{number} days",
        "time": "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC{offset}",
        "clock": "{month:02}-{day:02} {hour:02}:{minute:02}",
        "digest.title": "Held for you: {count}",
        "digest.firing": "Still firing:",
        "digest.acked": "Taken on, still firing:",
        "digest.by": "{line} ({by})",
        "digest.ended": "Over meanwhile:",
        "digest.noted": "Also happened:",
        "digest.line": "- {clock} {severity}: {sentence}",
        "digest.more": "and {count} more",
        "together": "Several at once: {count}",
        "channel-failed": "A channel {channel} does not take messages: {reason}.",
    }
)

UNITS: Mapping[str, str] = MappingProxyType(
    {
        unit: unit
        for unit in (
            "BTC",
            "BTC/EH/day",
            "BTC/PH/day",
            "BTC/block",
            "BTC/day",
            "BTC/share",
            "EH/s",
            "J/TH",
            "MW",
            "PH/s/MW",
            "USD",
            "USD/BTC",
            "USD/EH/s",
            "USD/MW",
            "USD/MW/day",
            "USD/MW/year",
            "USD/MWh",
            "USD/PH/day",
            "USD/day",
            "USD/kWh",
            "USD/year",
            "blocks",
            "blocks/month",
            "daily volatilities",
            "days",
            "quarters",
            "sat/TH/day",
            "score",
            "sessions",
            "tenants",
            "x",
            "years",
        )
    }
    | {"ratio": "%", "count": "", "rank": "", "difficulty": ""}
)

NAMES: Mapping[str, str] = MappingProxyType({})
"""What metrics are called: in English by their own labels."""

MYRIADS = False
"""Large numbers are written in full."""

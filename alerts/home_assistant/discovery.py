"""What Home Assistant is told of us: MQTT discovery, one device per company. Pure.

Every entity reads a topic of our own contract through a template; nothing is published for Home
Assistant but the configurations made here. What its users hold dear is bound to `unique_id`: history,
names, dashboards. So an id made here never changes, and `tests/fixtures` keeps them.

Of a value that is unknown the templates make `None`, which Home Assistant shows as unknown. A price is
no `monetary`: that class takes totals only, and statistics want a measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from alerts.home_assistant.devices import AlertSeat, Device, Shown, Style
from alerts.topics import STATE_LIFETIME_MS, Kind, Topics, filter_of
from monitor.core.clock import SECOND

Config: TypeAlias = dict[str, Any]

PREFIX = "homeassistant"
MAKER = "hashhedge"
EXPIRE_AFTER_S = STATE_LIFETIME_MS // SECOND
"""Two words of a state may get lost before its entity is unavailable."""
EVENT_TYPES = (
    "firing",
    "recovering",
    "resolved",
    "no_data",
    "error",
    "noted",
    "pending",
    "inactive",
)

_PLAIN = re.compile(r"[^A-Za-z0-9-]")
_READING = "(value_json | default({})).reading | default({})"
_OF_COMPANY = "((value_json | default({})).readings | default({})).get('%s', {})"
_ON = "{'firing': 'ON', 'acked': 'ON', 'recovering': 'ON', 'no_data': 'None', 'error': 'None', '': 'None'}"
_ALERT = "{{ " + _ON + ".get((value_json | default({})).state | default(''), 'OFF') }}"
_EVENT = (
    "{% set e = value_json | default({}) %}{% set e = e.data if e.specversion is defined else e %}"
)
_ALERT_WORDS = (
    *(
        "severity",
        "state",
        "reason",
        "summary",
        "value",
        "unit",
        "threshold",
        "distance",
        "quality",
    ),
    *("since", "muted_by", "ack", "flags", "test", "replay"),
)
_EVENT_WORDS = (
    *("id", "rule", "key", "company", "severity", "summary", "value", "unit", "threshold", "time"),
    *("since", "notice", "reason", "duration_s", "test", "replay"),
)
_PRECISION = {"%": 1, "x": 2, "USD": 2, "USD/BTC": 0, "days": 1, "EH/s": 1}


@dataclass(frozen=True, slots=True)
class Component:
    """One entity: its place in the device, its platform and the rest of its configuration."""

    id: str
    platform: str
    config: Config


@dataclass(frozen=True, slots=True)
class Discovery:
    """Makes the configurations of one instance.

    Attributes:
        instance: of hashhedge.
        version: of hashhedge.
        prefix: of Home Assistant's discovery topics.
        style: how they are published.

    """

    instance: str
    version: str = ""
    prefix: str = PREFIX
    style: Style = Style.DEVICE
    _topics: Topics = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_topics", Topics(self.instance))

    @property
    def birth_topic(self) -> str:
        """Return where Home Assistant says `online` when it has started."""
        return f"{self.prefix}/status"

    def configs(
        self, device: Device, left: Mapping[str, Mapping[str, str]] | None = None
    ) -> dict[str, Config]:
        """Return the configurations of a device by their topics; an empty one takes back.

        `left` has of each topic the components that were once in it, with their platforms. Home Assistant
        keeps what is only left out of a device, so such a one is named without a configuration.
        """
        head = self._head(device)
        parts = list(self._components(device))
        if self.style is Style.COMPONENT:
            return {
                self._topic(part.platform, device, part.id): {**head, **part.config}
                for part in parts
            }
        topic = self._topic("device", device)
        told = {part.id: {"platform": part.platform, **part.config} for part in parts}
        gone = (left or {}).get(topic, {})
        ended = {
            name: {"platform": platform} for name, platform in gone.items() if name not in told
        }
        return {topic: {**head, "components": told | ended}}

    def _topic(self, kind: str, device: Device, *below: str) -> str:
        levels = (self.prefix, kind, self._id(device.ticker), *below)
        return "/".join((*levels, "config"))

    def _id(self, *words: str) -> str:
        return "_".join(("hashhedge", *(_plain(it) for it in (self.instance, *words) if it)))

    def _head(self, device: Device) -> Config:
        """Return what all entities of a device share."""
        name = device.ticker or "hashhedge"
        about: Config = {
            "identifiers": [self._id(device.ticker)],
            "name": name if self.instance == "main" else f"{name} {self.instance}",
            "manufacturer": MAKER,
            "model": device.title or "Miner and AI-hedge monitor",
        }
        origin: Config = {"name": MAKER}
        if self.version:
            about["sw_version"] = origin["sw_version"] = self.version
        return {
            "device": about,
            "origin": origin,
            "availability": [
                {
                    "topic": self._topics.status().name,
                    "payload_available": "online",
                    "payload_not_available": "offline",
                }
            ],
            "qos": 1,
        }

    def _components(self, device: Device) -> Iterator[Component]:
        if device.ticker:
            state = self._topics.company_state(device.ticker).name
            for shown in device.readings:
                yield self._sensor(device, shown, state, _OF_COMPANY % shown.name)
            if device.priced:
                state = self._topics.market_state(device.ticker).name
                yield self._sensor(device, Shown("price_usd", "Price", "USD"), state, _READING)
        else:
            for shown in device.readings:
                state = self._topics.market_state(shown.name).name
                yield self._sensor(device, shown, state, _READING)
        for seat in device.alerts:
            yield self._alert(device, seat)
        for feed in device.feeds:
            yield self._feed(device, feed)
        yield self._news(device)

    def _entity(self, device: Device, name: str, platform: str, config: Config) -> Component:
        unique = self._id(*(it for it in (device.ticker,) if it)) + f"_{_word(name)}"
        return Component(_word(name), platform, {"unique_id": unique, **config})

    def _sensor(self, device: Device, shown: Shown, state: str, reading: str) -> Component:
        """Return a number; a share of something becomes percent, as people read it."""
        share = shown.unit == "ratio"
        value = "(v * 100) | round(6)" if share else "v"
        unit = "%" if share else shown.unit
        config: Config = {
            "name": shown.title,
            "state_topic": state,
            "value_template": f"{{% set v = ({reading}).get('value') %}}"
            f"{{{{ none if v is none else {value} }}}}",
            "state_class": "measurement",
            "expire_after": EXPIRE_AFTER_S,
            "json_attributes_topic": state,
            "json_attributes_template": f"{{{{ ({reading}) | tojson }}}}",
        }
        if unit:
            config["unit_of_measurement"] = unit
        if unit in _PRECISION:
            config["suggested_display_precision"] = _PRECISION[unit]
        return self._entity(device, shown.name, "sensor", config)

    def _alert(self, device: Device, seat: AlertSeat) -> Component:
        """Return whether an alert fires; unknown while its input is, and before its first change."""
        state = self._topics.alert_state(seat.rule, seat.key).name
        own = seat.key == device.ticker
        title = seat.rule.replace("-", " ").replace("_", " ").capitalize()
        config: Config = {
            "name": title if own else f"{title} {seat.key}",
            "state_topic": state,
            "value_template": _ALERT,
            "device_class": "problem",
            "json_attributes_topic": state,
            "json_attributes_template": _picked(_ALERT_WORDS),
        }
        name = f"alert_{_plain(seat.rule)}" + ("" if own else f"_{_plain(seat.key)}")
        return self._entity(device, name, "binary_sensor", config)

    def _feed(self, device: Device, feed: str) -> Component:
        state = self._topics.feed_state(feed).name
        config: Config = {
            "name": f"Feed {feed}",
            "state_topic": state,
            "value_template": "{{ {true: 'ON', false: 'OFF'}"
            ".get((value_json | default({})).get('healthy'), 'None') }}",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "json_attributes_topic": state,
            "json_attributes_template": _picked(("state", "reason", "last_success_at")),
        }
        return self._entity(device, f"feed_{_plain(feed)}", "binary_sensor", config)

    def _news(self, device: Device) -> Component:
        """Return the feed of alerts: all of the service's, or those about one company."""
        told = (
            "{{ dict({'event_type': e.type[6:]}, **dict(e.items() | selectattr(0, 'in', "
            f"{list(_EVENT_WORDS)}))) | tojson }}}}"
        )
        mine = f"e.get('company') == {_quoted(device.ticker)}" if device.ticker else "e.get('type')"
        config: Config = {
            "name": "Alerts",
            "state_topic": self._topics.below(filter_of(Kind.ALERT_EVENT)),
            "event_types": list(EVENT_TYPES),
            "value_template": f"{_EVENT}{{% if {mine} %}}{told}{{% endif %}}",
        }
        return self._entity(device, "alerts", "event", config)


def _picked(words: Sequence[str]) -> str:
    """Return a template of those fields of a state that are worth keeping a history of."""
    chosen = f"(value_json | default({{}})).items() | selectattr(0, 'in', {list(words)})"
    return f"{{{{ dict({chosen}) | tojson }}}}"


def _quoted(text: str) -> str:
    """Return a text as a template writes it."""
    return "'" + "".join(it if it.isalnum() else f"\\u{ord(it):04x}" for it in text) + "'"


def _plain(text: str) -> str:
    """Return `text` in what Home Assistant allows in an id; no two texts become the same."""
    return _PLAIN.sub(lambda it: f"_{ord(it[0]):x}_", text)


def _word(name: str) -> str:
    """Return the name of one of our metrics, whose underscores are its own, as part of an id."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda it: f"_{ord(it[0]):x}_", name)

"""What becomes a device of Home Assistant, and of what it consists. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    """How configurations are published.

    `device`: one message a device, for Home Assistant 2024.11 and newer; `component`: one an entity,
    for older ones and for other programs that read this discovery.
    """

    OFF = "off"
    DEVICE = "device"
    COMPONENT = "component"


@dataclass(frozen=True, slots=True)
class Shown:
    """One number that becomes a sensor: its name in our states, its title and its unit."""

    name: str
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class AlertSeat:
    """One alert that becomes a binary sensor: its rule's id and its subject."""

    rule: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What one device has.

    Attributes:
        ticker: of the company; empty: the service itself, with market and network.
        title: the company's name.
        readings: of the company's state; of the service, states of the market by name.
        priced: whether it has the price of a share.
        alerts: those about it.
        feeds: whose health it shows.

    """

    ticker: str = ""
    title: str = ""
    readings: Sequence[Shown] = ()
    priced: bool = False
    alerts: Sequence[AlertSeat] = ()
    feeds: Sequence[str] = ()

"""The roads of people's commands put together: one door, pages before it, and a listener on the broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from alerts.sinks.mqtt import MqttSettings
from alerts.topics import Topics
from monitor.core.clock import SystemClock
from monitor.store.commands import CommandDesk
from monitor.web.answering import Answerer
from monitor.web.command_door import CommandDoor
from monitor.web.command_page import CommandPage
from monitor.web.command_topic import CommandTopic
from monitor.web.inbox import Inbox
from monitor.web.press_page import PressPage
from monitor.web.users import Users

SUFFIX = "cmd"
Page: TypeAlias = CommandPage | PressPage
"""What takes commands over HTTP."""


@dataclass(frozen=True, slots=True)
class Commanding:
    """What takes commands.

    Attributes:
        pages: over HTTP: commands that are signed, and the buttons of messages.
        inbox: over MQTT; None where there is no broker.

    """

    pages: tuple[Page, ...]
    inbox: Inbox | None

    @classmethod
    def of(
        cls,
        users: Path,
        where: str,
        broker: MqttSettings | None,
        desk: CommandDesk,
        answerer: Answerer,
        ended: Callable[[str], None],
    ) -> Commanding:
        """Return the roads for the users of a file, which the setting `where` names.

        Raises:
            ConfigError: the file cannot be used.

        """
        clock = SystemClock()
        known = Users(users, where)
        door = CommandDoor(users=known, desk=desk, answerer=answerer, clock=clock, ended=ended)
        inbox = None
        if broker is not None:
            topic = CommandTopic(door, Topics(broker.instance))
            inbox = Inbox(broker, topic, SUFFIX, clock)
        return cls((CommandPage(door), PressPage(door)), inbox)

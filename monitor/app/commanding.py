"""The roads of people's commands put together: one door, a page before it, and a listener on the broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alerts.sinks.mqtt import MqttSettings
from alerts.topics import Topics
from monitor.core.clock import SystemClock
from monitor.store.commands import CommandDesk
from monitor.web.answering import Answerer
from monitor.web.command_door import CommandDoor
from monitor.web.command_page import CommandPage
from monitor.web.command_topic import CommandTopic
from monitor.web.inbox import Inbox
from monitor.web.users import Users

SUFFIX = "cmd"


@dataclass(frozen=True, slots=True)
class Commanding:
    """What takes commands.

    Attributes:
        page: over HTTP.
        inbox: over MQTT; None where there is no broker.

    """

    page: CommandPage
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
        return cls(CommandPage(door), inbox)

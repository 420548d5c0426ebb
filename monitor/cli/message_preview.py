"""What people would be told of an alert: its words in each language, and each channel's message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from alerts.correspondence import Clerk
from alerts.letters import UserLetter
from alerts.model import Transition
from alerts.schemas.origin import Origin
from alerts.users import Language, User
from monitor.app.posting import label_of
from monitor.app.pushing import preview, read_channel
from monitor.core.clock import Millis
from monitor.metrics.catalogue import Catalogue

READER = "you"


def for_people(
    item: Transition, catalogue: Catalogue, origin: Origin, channels: Iterable[Path], now: Millis
) -> Mapping[str, Any]:
    """Return title and text by language, and what the channels of files would send of them.

    Raises:
        ConfigError: a file names no channel, or one that cannot be opened.

    """
    clerk = Clerk(lambda target: label_of(catalogue, target), origin)
    letter = UserLetter(id=item.id, user=READER, at=now, transition=item)
    told = {
        language: clerk.message(letter, User(name=READER, language=language), now)
        for language in get_args(Language)
    }
    words = {name: {"title": it.title, "text": it.text} for name, it in told.items()}
    sent = {
        path.name: {
            language: dict(asyncio.run(preview(read_channel(path), message)))
            for language, message in told.items()
        }
        for path in channels
    }
    return {"people": words} | ({"channels": sent} if sent else {})

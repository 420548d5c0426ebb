"""What may be the name of a machine in an address, and which of them is this one. Pure."""

from __future__ import annotations

import ipaddress
import re

_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*\.?")


def is_host(text: str) -> bool:
    """Tell whether `text` is an IP address or may be a host's name; digits alone are neither."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None and not text.replace(".", "").isdigit()
    return True


def is_loopback(host: str) -> bool:
    """Tell whether what is sent to `host` never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # a name that only begins alike (`localhost.example.org`) is somebody else's
        return host.casefold() == "localhost"

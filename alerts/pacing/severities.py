"""Which severity is louder."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.model import Severity

LOUDNESS: Mapping[Severity, int] = MappingProxyType(
    {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
)


def is_higher(severity: Severity, than: Severity) -> bool:
    """Tell whether `severity` is louder than `than`."""
    return LOUDNESS[severity] > LOUDNESS[than]

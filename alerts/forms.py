"""How a rulebook writes names."""

from __future__ import annotations

from typing import Annotated

import msgspec

RuleId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A rule's id, and the name of what rules share: part of topics and ids."""

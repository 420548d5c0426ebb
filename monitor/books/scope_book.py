"""What is left out on purpose, by the id of the feature that somebody may look for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta, Struct

from monitor.core.yamltext import read_yaml

Text = Annotated[str, Meta(min_length=1, max_length=300)]


class LeftOut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feature that there is not.

    Attributes:
        name: what it would be.
        reason: why not.
        instead: what does the job, if anything does.

    """

    name: Text
    reason: Text
    instead: str = ""


class _Scope(Struct, frozen=True, forbid_unknown_fields=True):
    left_out: dict[Annotated[str, Meta(pattern=r"^[A-Z][0-9]{2}$")], LeftOut]


def load_scope() -> Mapping[str, LeftOut]:
    """Return what is left out, by id, in the order of the ids.

    Raises:
        ConfigError: the package's own file is damaged.

    """
    path = Path(str(files("monitor"))) / "books" / "scope.yaml"
    return MappingProxyType(dict(sorted(read_yaml(path, _Scope).left_out.items())))

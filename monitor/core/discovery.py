"""Find plug-ins by their place: every module of a seam's package that declares the wanted name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def declared(package: str, name: str, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Yield (module name, value) for each module of `package` that binds `name` to a `kind`.

    Modules come in alphabetical order, so the result does not depend on the file system.

    Raises:
        TypeError: a module binds `name` to something else; the message names the module.

    """
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{package}.{info.name}")
        value = getattr(module, name, None)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise TypeError(f"{module.__name__}.{name} is a {type(value).__name__}, not {kind}")
        yield info.name, value

"""The sentences of rules: names in braces, and nothing else. Pure.

A sentence is data, not a program: there is no attribute, no index, no format, no nesting, so nothing
can be reached through it but the words it is given.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

MAX_LENGTH = 500
"""Characters: longer ones are cut off on phones."""
_FIELD = re.compile(r"\{([^{}]*)\}")


def template_fault(text: str, known: Collection[str]) -> str:
    """Return what is wrong with a sentence that may name the `known` words; empty: nothing."""
    if len(text) > MAX_LENGTH:
        return f"has {len(text)} characters; {MAX_LENGTH} are allowed"
    names = "known are " + ", ".join(f"{{{name}}}" for name in sorted(known))
    unknown = sorted(set(_FIELD.findall(text)) - set(known))
    if unknown:
        return f"names {{{unknown[0]}}}; {names}"
    rest = _FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        return f"has a brace that is around no name; {names}"
    return ""


def fill(text: str, words: Mapping[str, str]) -> str:
    """Return a sentence with each {name} replaced by its word; nothing else is interpreted."""
    return _FIELD.sub(lambda found: words.get(found[1], found[0]), text)

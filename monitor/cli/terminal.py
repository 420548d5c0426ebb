"""What reaches the terminal: words as they are, never taken for markup, colour codes or a bell.

Names of companies, rules and sources, arguments and answers of providers are other people's text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

WIDTH_IN_PIPES = 80
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_NO_CHARACTERS = dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000)), 0xFFFD)
_SHOWN = _PICTURES | {0x7F: 0x2421} | _NO_CHARACTERS
"""Control characters by their pictures; what no stream can take (half a surrogate) by a mark."""


def harmless(text: str) -> str:
    """Return `text` with nothing in it that a terminal would obey; line breaks and tabs stay."""
    return text if text.isprintable() else text.translate(_SHOWN)


class Terminal(Console):
    """A console that prints any text as it is."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of what is printed, harmless ones; rich's own codes stay."""
        for segment in super().render(renderable, options):
            words = segment.text if segment.control else harmless(segment.text)
            yield segment if words is segment.text else segment._replace(text=words)


def terminal(*, stderr: bool = False) -> Terminal:
    """Return the console of stdout, or of stderr; in a pipe an answer is 80 columns wide."""
    width = None if stderr or sys.stdout.isatty() else WIDTH_IN_PIPES
    return Terminal(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)

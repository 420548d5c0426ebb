"""The command `hashhedge`: 0 fine, 1 a finding, 2 something a person must mend."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from rich.text import Text

from monitor.cli.application import application, obey
from monitor.cli.guide import names_page, page_of
from monitor.cli.output import Output, emit, error_data, form_asked, talk
from monitor.core.errors import ConfigError, HashhedgeError


def main() -> None:
    """Run the command line; turn our errors into words on stderr and an exit code.

    Whoever asked for JSON or YAML gets the error in that form on stdout too.
    """
    try:
        try:
            _run()
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _say(f"{error.filename or 'the answer'} cannot be written: no space left on the device")
        _say_hint("free some space, or write elsewhere")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more to flush
        sys.exit(1)


def _require_text(words: Sequence[str]) -> None:
    """Refuse words that are no text: what is not in the terminal's encoding cannot be written down."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            shown = word.encode(errors="surrogateescape").decode(errors="replace")
            hint = "write it in UTF-8; `locale` shows what the terminal uses"
            raise ConfigError(f"`{shown}` is no text", where="an argument", hint=hint) from error


def _run() -> None:
    words = sys.argv[1:]
    try:
        _require_text(words)
        sys.exit(obey(application(words)))
    except HashhedgeError as error:
        _say(str(error))
        if error.hint and not isinstance(error, ConfigError):  # its text ends with the mend
            _say_hint(error.hint)
        page = page_of(words)
        if not names_page(f"{error} {error.hint}"):
            talk.print(f"  see: {page}", soft_wrap=True)
        form = form_asked(words)
        if form not in {Output.TABLE, Output.CSV}:  # a table of errors is words all the same
            emit(error_data(error, page), form, str)
        sys.exit(2 if isinstance(error, ConfigError) else 1)


def _say(words: str) -> None:
    talk.print(Text.assemble(("error", "bold red"), " ", words), soft_wrap=True)


def _say_hint(hint: str) -> None:
    talk.print(f"  to fix: {hint}", soft_wrap=True)


if __name__ == "__main__":
    main()

"""The command `hashhedge`: 0 fine, 1 a finding, 2 something a person must mend."""

from __future__ import annotations

import sys

from monitor.cli.application import app
from monitor.cli.output import Output, emit, error_data, form_asked, talk
from monitor.core.errors import ConfigError, HashhedgeError


def main() -> None:
    """Run the command line; turn our errors into words on stderr and an exit code.

    Whoever asked for JSON or YAML gets the error in that form on stdout too.
    """
    try:
        app()
    except HashhedgeError as error:
        talk.print(f"[bold red]error[/] {_plain(error)}", soft_wrap=True)
        if error.hint and not isinstance(error, ConfigError):  # its text ends with the mend
            talk.print(f"  to fix: {error.hint}", soft_wrap=True, markup=False)
        form = form_asked(sys.argv[1:])
        if form not in {Output.TABLE, Output.CSV}:  # a table of errors is words all the same
            emit(error_data(error), form, str)
        sys.exit(2 if isinstance(error, ConfigError) else 1)


def _plain(error: Exception) -> str:
    """Return an error's text with nothing in it that the console would take for markup."""
    return str(error).replace("[", r"\[")


if __name__ == "__main__":
    main()

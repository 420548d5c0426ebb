"""`python -m tests.home`: lay Home Assistant into its cache, once."""

from __future__ import annotations

import sys

from tests.home.core import install

if __name__ == "__main__":
    sys.stdout.write(f"Home Assistant: {install()}\n")

"""From the world to company numbers: feeds, store, the pure step, the faces."""

__version__ = "0.1.0"

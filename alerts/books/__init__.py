"""The default rulebook."""

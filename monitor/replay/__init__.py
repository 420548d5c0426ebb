"""Recorded inputs through the same step under a clock of their own."""

"""Seam: one file per provider, found by its place."""

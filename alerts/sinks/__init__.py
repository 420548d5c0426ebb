"""Seam: one file per way out."""

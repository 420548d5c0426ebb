"""Seam: one file per family of derived company metrics, pure."""

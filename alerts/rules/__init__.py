"""Seam: one file per rule type, pure."""

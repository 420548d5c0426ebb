"""The HTTP face: metrics, health."""

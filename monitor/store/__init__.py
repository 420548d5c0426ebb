"""The only files that speak Redis."""

"""One file per simulated provider, found by its place; each binds `PROVIDER`."""

"""One file per simulated stream, found by its place: each binds `STREAM`."""

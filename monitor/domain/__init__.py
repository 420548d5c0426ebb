"""Values and arithmetic of the field. No I/O, no clock, no third party but numpy's arrays."""

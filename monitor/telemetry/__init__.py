"""The service's own instruments and logs."""

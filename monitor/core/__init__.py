"""Clock, errors, backoff, discovery: what every floor stands on."""

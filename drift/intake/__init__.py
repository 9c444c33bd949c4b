"""Turn the body of an Event Grid delivery into queue messages."""

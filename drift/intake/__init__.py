"""Parse Event Grid deliveries into queue messages."""

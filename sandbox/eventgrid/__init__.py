"""Event Grid, played on loopback: events and their delivery."""

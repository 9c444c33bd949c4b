"""Teams: an Adaptive Card posted to a Workflows webhook."""

"""The reports of `phidrift report` as JSON, from the state and the evidence log."""

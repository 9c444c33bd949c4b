"""The reports of `phidrift report` as JSON: what is gathered from the state and the evidence log."""

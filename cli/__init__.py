"""The command phidrift: one module for each of its commands."""

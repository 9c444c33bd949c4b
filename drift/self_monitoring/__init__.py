"""Incidents about the monitor itself, and its health."""

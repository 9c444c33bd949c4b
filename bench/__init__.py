"""Measure the monitor's latency, from an event received to an alert posted: `make bench`."""

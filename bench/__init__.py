"""How fast the monitor is, from an event received to an alert posted: `make bench`."""

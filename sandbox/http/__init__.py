"""Serve HTTPS on loopback, with faults on request."""

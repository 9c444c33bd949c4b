"""Collect what the state holds about one resource, and describe it, for `phidrift explain`."""

"""Query Log Analytics."""

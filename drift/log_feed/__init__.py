"""Changes that no event reports, found in Log Analytics."""

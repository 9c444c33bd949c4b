"""Delete what nothing needs any more: ended incidents, resources that are gone, old records of drops."""

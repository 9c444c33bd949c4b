"""Delete data that is no longer needed: ended incidents, deleted resources, old records of drops."""

"""Read one resource and its related resources, within cache, time and rate limits."""

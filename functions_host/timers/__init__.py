"""Timer triggers and the leases that keep each to one process."""

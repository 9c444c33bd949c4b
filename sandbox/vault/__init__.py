"""Play a key vault on loopback."""

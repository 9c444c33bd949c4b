"""The channels' far ends, played on loopback."""

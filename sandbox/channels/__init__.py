"""Play the receiving services of the channels on loopback."""

"""The HTTPS endpoint of the sandbox on loopback."""

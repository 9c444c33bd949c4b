"""What to check if a host cannot be reached."""

from notifiers.handshake import NO_NAME, REFUSED, TOO_LATE


def causes(connection_problem: str) -> str:
    """Return what to check besides the address: certificates only if TLS itself failed."""
    if connection_problem == NO_NAME:
        return "the DNS and the network"
    if connection_problem in (REFUSED, TOO_LATE):
        return "the network, its firewall rules and HTTPS_PROXY"
    return "the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE"

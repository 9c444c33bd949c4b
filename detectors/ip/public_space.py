"""Which addresses are public: a table in this module, because ``ipaddress`` changes between versions.

Taken from IANA's registries of special-purpose addresses, as of October 2025,
https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry: addresses that they
call not globally reachable are not public. Where they say "N/A" (6to4, 192.88.99.0/24, Teredo) anyone
may send from there, so it is public. Multicast has its own registries and is never a source (RFC 1122 section
3.2.1.3, RFC 4291 section 2.7). Unallocated space counts as public.
"""

import functools
from typing import Final

from detectors.ip.addresses import EVERYWHERE, addresses_of
from detectors.ip.intervals import IntervalSet

_NOT_REACHABLE: Final = (
    "0.0.0.0/8",  # this network, RFC 791
    "10.0.0.0/8",  # private use, RFC 1918
    "100.64.0.0/10",  # shared address space, RFC 6598
    "127.0.0.0/8",  # loopback, RFC 1122
    "169.254.0.0/16",  # link local, RFC 3927
    "172.16.0.0/12",  # private use, RFC 1918
    "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.168.0.0/16",  # private use, RFC 1918
    "198.18.0.0/15",  # benchmarking, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved, RFC 1112, and limited broadcast, RFC 8190
    "::/128",  # unspecified address, RFC 4291
    "::1/128",  # loopback, RFC 4291
    "::ffff:0:0/96",  # IPv4-mapped, RFC 4291
    "64:ff9b:1::/48",  # IPv4-IPv6 translation, RFC 8215
    "100::/64",  # discard only, RFC 6666
    "100:0:0:1::/64",  # dummy prefix, RFC 9780
    "2001::/23",  # IETF protocol assignments, RFC 2928
    "2001:db8::/32",  # documentation, RFC 3849
    "3fff::/20",  # documentation, RFC 9637
    "5f00::/16",  # segment routing SIDs, RFC 9602
    "fc00::/7",  # unique local, RFC 4193
    "fe80::/10",  # link local, RFC 4291
    "ff00::/8",  # multicast, RFC 4291
)

_REACHABLE_WITHIN: Final = (
    "192.0.0.9/32",  # Port Control Protocol anycast, RFC 7723
    "192.0.0.10/32",  # TURN anycast, RFC 8155
    "2001::/32",  # Teredo, RFC 4380
    "2001:1::1/128",  # Port Control Protocol anycast, RFC 7723
    "2001:1::2/128",  # TURN anycast, RFC 8155
    "2001:1::3/128",  # DNS-SD service registration anycast, RFC 9665
    "2001:3::/32",  # AMT, RFC 7450
    "2001:4:112::/48",  # AS112-v6, RFC 7535
    "2001:20::/28",  # ORCHIDv2, RFC 7343
    "2001:30::/28",  # drone remote ID, RFC 9374
)

PUBLIC: Final = EVERYWHERE - (addresses_of(_NOT_REACHABLE) - addresses_of(_REACHABLE_WITHIN))
"""Every address from which anyone on the Internet may send."""

PRIVATE: Final = addresses_of(
    (
        "10.0.0.0/8",  # these three, RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # shared address space, RFC 6598
        "fc00::/7",  # unique local, RFC 4193
    )
)
"""Every address that virtual networks, and networks connected to them, may use."""


@functools.lru_cache(maxsize=8)
def public_but(approved_networks: tuple[str, ...]) -> IntervalSet:
    """Return the public addresses outside the approved networks; an approved subnet id has none."""
    return PUBLIC - _addresses_of(approved_networks)


@functools.lru_cache(maxsize=8)
def private_but(approved_networks: tuple[str, ...]) -> IntervalSet:
    """Return the private addresses outside the approved networks; a subnet id has none here."""
    return PRIVATE - _addresses_of(approved_networks)


def _addresses_of(networks: tuple[str, ...]) -> IntervalSet:
    return addresses_of(each for each in networks if not each.startswith("/"))

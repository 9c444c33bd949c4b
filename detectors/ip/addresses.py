"""IP addresses of both families on one line of integers: prefixes read, sets measured."""

import functools
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from detectors.ip.intervals import IntervalSet

V6_START: Final = 1 << 32
"""Where IPv6 begins on the line; IPv4 lies below it."""

IPV4: Final = IntervalSet((0, V6_START))
IPV6: Final = IntervalSet((V6_START, V6_START + (1 << 128)))
EVERYWHERE: Final = IPV4 | IPV6
NOWHERE: Final = IntervalSet()

BROAD: Final = 1 << 24
"""From this many addresses, a set counts as a large part of the Internet; IPv6 counts /64 networks."""

_NETWORK: Final = 1 << 64

_UNSPECIFIED: Final = {(place, place + 1) for place in (0, V6_START)}
_MAPPED: Final = IntervalSet((V6_START + (0xFFFF << 32), V6_START + (0x10000 << 32)))
"""IPv6 addresses that stand for IPv4 ones: RFC 4291, section 2.5.5.2."""


@functools.lru_cache(maxsize=1 << 14)
def interval_of(text: str) -> tuple[int, int] | None:
    """Return the half-open interval of ``address``, ``address/length`` or ``first-last``.

    Return None for any other text, including masks. Bits below the prefix length do not matter.
    """
    try:
        return _range(text) if "-" in text else _network(text)
    except ValueError:
        return None


def is_read_in_two_ways(interval: tuple[int, int]) -> bool:
    """Tell whether a prefix is ambiguous, because Azure does not document how it reads it.

    The unspecified address alone, which some read as any, and IPv4-mapped addresses.
    """
    return interval in _UNSPECIFIED or not IntervalSet(interval) - _MAPPED


def addresses_of(prefixes: Iterable[str]) -> IntervalSet:
    """Return the union of prefixes; an invalid prefix adds nothing."""
    return IntervalSet.of(filter(None, map(interval_of, prefixes)))


def union_of(sets: Iterable[IntervalSet]) -> IntervalSet:
    """Return the union of the sets."""
    return IntervalSet.of(interval for each in sets for interval in each.intervals())


def _network(text: str) -> tuple[int, int]:
    address, slash, length = text.partition("/")
    place, bits = _place(address)
    if not slash:
        return place, place + 1
    if not (length.isascii() and length.isdigit() and int(length) <= bits):
        raise ValueError(text)
    size = 1 << (bits - int(length))
    base = V6_START if bits == 128 else 0
    start = base + (place - base) // size * size
    return start, start + size


def _range(text: str) -> tuple[int, int]:
    """Read what the REST reference of security rules calls a "source IP range"."""
    first, last = (_place(each.strip())[0] for each in text.split("-"))
    if first > last or (first < V6_START) != (last < V6_START):
        raise ValueError(text)
    return first, last + 1


def _place(address: str) -> tuple[int, int]:
    """Return an address's place on the line, and the bits of its family."""
    if "%" in address:  # a zone names an interface of one machine, never a source of many
        raise ValueError(address)
    if ":" in address:
        return V6_START + int(IPv6Address(address)), 128
    return int(IPv4Address(address)), 32


def count(addresses: IntervalSet) -> int:
    """Return how many addresses these are; IPv6 counts its /64 networks, each touched one once."""
    return count_v4(addresses) + count_v6(addresses)


def count_v4(addresses: IntervalSet) -> int:
    """Return how many IPv4 addresses are in the set."""
    return sum(end - start for start, end in (addresses & IPV4).intervals())


def count_v6(addresses: IntervalSet) -> int:
    """Return how many IPv6 /64 networks the set touches: the smallest network of a site."""
    touched = IntervalSet.of(
        ((start - V6_START) // _NETWORK, (end - V6_START - 1) // _NETWORK + 1)
        for start, end in (addresses & IPV6).intervals()
    )
    return sum(end - start for start, end in touched.intervals())

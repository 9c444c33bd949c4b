"""The parts of a security rule that say which packets it matches: ports, sources, destinations."""

import functools
from typing import Final, NamedTuple

from detectors.ip.addresses import EVERYWHERE, NOWHERE, interval_of, is_read_in_two_ways
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PUBLIC
from detectors.nsg.rule_fields import RuleFacts
from detectors.nsg.service_tags import Tag, is_every_machine_here, tag_of

ANY_PORT: Final = IntervalSet((0, 1 << 16))

_ADDRESSES: Final = {Tag.EVERYONE: EVERYWHERE, Tag.INTERNET: PUBLIC}


class Ports(NamedTuple):
    """Port ranges: those that match for certain, and the most that may match."""

    known: IntervalSet
    widest: IntervalSet


class Sources(NamedTuple):
    """Source addresses, and the tags without known addresses; ``network``: VirtualNetwork."""

    known: IntervalSet
    widest: IntervalSet
    customers: tuple[str, ...]
    lacking: tuple[str, ...]
    network: bool


class Destinations(NamedTuple):
    """Destination addresses, and application security groups."""

    known: IntervalSet
    widest: IntervalSet
    groups: frozenset[str]


def read_ports(facts: RuleFacts, kind: str) -> Ports:
    """Read ``destinationPort`` or ``sourcePort`` ranges.

    ARM requires both. A missing destination port is a doubt; the sender chooses the source port,
    so a rule without one leaves it open.
    """
    texts = facts.texts(f"{kind}Range", f"{kind}Ranges")
    if texts == ("*",) or (not texts and kind == "sourcePort"):
        return Ports(ANY_PORT, ANY_PORT)
    ranges, before = [], len(facts.doubts)
    for text in texts:
        try:
            ranges.append(_port_range(text.strip()))
        except ValueError:
            facts.doubt(f"{kind}Range", text)
    if not texts:
        facts.doubt(f"{kind}Range", None)
    known = IntervalSet.of(ranges)
    return Ports(known, known if len(facts.doubts) == before else ANY_PORT)


@functools.lru_cache(maxsize=1 << 10)
def _port_range(text: str) -> tuple[int, int]:
    """Return the half-open interval of ``*``, ``22`` or ``20-30``; raise ValueError on the rest."""
    if text.lower() in {"*", "any"}:
        return 0, 1 << 16
    first, dash, last = text.partition("-")
    start, end = _port(first), _port(last if dash else first)
    if start > end:
        raise ValueError(text)
    return start, end + 1


def _port(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 16):
        raise ValueError(text)
    return int(text)


def read_sources(facts: RuleFacts) -> Sources:
    """Read the source prefixes; application security groups hold machines of this network only."""
    texts = facts.texts("sourceAddressPrefix", "sourceAddressPrefixes")
    before = len(facts.doubts)
    if not facts.group_ids("sourceApplicationSecurityGroups") and not texts:
        facts.doubt("sourceAddressPrefix", None)
    intervals: list[tuple[int, int]] = []
    tagged: dict[Tag, list[str]] = {}
    for text in map(str.strip, texts):
        tag = tag_of(text)
        if tag is None:
            intervals += _prefix(facts, "sourceAddressPrefix", text)
        else:
            intervals += _ADDRESSES.get(tag, NOWHERE).intervals()
            tagged.setdefault(tag, []).append(text)
    known = IntervalSet.of(intervals)
    customers, lacking = (tuple(tagged.get(each, ())) for each in (Tag.CUSTOMERS, Tag.LACKING))
    clear = not customers and not lacking and len(facts.doubts) == before
    return Sources(
        known, known if clear else EVERYWHERE, customers, lacking, network=Tag.NETWORK in tagged
    )


def read_destinations(facts: RuleFacts) -> Destinations:
    """Read the destination; any service tag but VirtualNetwork is a doubt."""
    texts = facts.texts("destinationAddressPrefix", "destinationAddressPrefixes")
    before = len(facts.doubts)
    groups = facts.group_ids("destinationApplicationSecurityGroups")
    if not texts and not groups:
        facts.doubt("destinationAddressPrefix", None)
    intervals: list[tuple[int, int]] = []
    for text in map(str.strip, texts):
        if is_every_machine_here(text):
            intervals += EVERYWHERE.intervals()
        else:
            intervals += _prefix(facts, "destinationAddressPrefix", text)
    known = IntervalSet.of(intervals)
    clear = len(facts.doubts) == before
    return Destinations(known, known if clear else EVERYWHERE, groups)


def _prefix(facts: RuleFacts, name: str, text: str) -> tuple[tuple[int, int], ...]:
    """Return the interval of a prefix; a broken one is a doubt, of any network if it ends in /0."""
    interval = interval_of(text)
    if interval and not is_read_in_two_ways(interval):
        return (interval,)
    facts.doubt(name, text)
    return tuple(EVERYWHERE.intervals()) if text.endswith("/0") else ()

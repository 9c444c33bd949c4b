"""Prefixes are read exactly, addresses are measured, and public is what IANA says."""

import pytest

from detectors.ip.addresses import EVERYWHERE, IPV4, IPV6, NOWHERE, addresses_of, count, interval_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PUBLIC, public_but


def addresses(*prefixes: str) -> IntervalSet:
    return addresses_of(prefixes)


def place(address: str) -> int:
    ((start, _),) = addresses_of([address]).intervals()
    return start


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("8.8.8.8", "8.8.8.8", "8.8.8.8"),
        ("8.8.8.8/32", "8.8.8.8", "8.8.8.8"),
        ("8.8.8.8/8", "8.0.0.0", "8.255.255.255"),
        ("10.0.0.0/0", "0.0.0.0", "255.255.255.255"),
        ("8.8.8.8-8.8.9.1", "8.8.8.8", "8.8.9.1"),
        ("2600::1/64", "2600::", "2600::ffff:ffff:ffff:ffff"),
        ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2600::1-2600::3", "2600::1", "2600::3"),
    ],
)
def test_a_prefix_covers_its_network(text: str, first: str, last: str) -> None:
    assert interval_of(text) == (place(first), place(last) + 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8.8.8",
        "8.8.8.256",
        "08.8.8.8",
        "8.8.8.8/33",
        "8.8.8.8/",
        "8.8.8.8/-1",
        "8.8.8.8/+8",
        "8.8.8.8/٨",
        "8.8.8.8/255.0.0.0",
        "8.8.8.8 8.8.4.4",
        "8.8.8.8,8.8.4.4",
        "2600::/129",
        "fe80::1%eth0",
        "8.8.8.9-8.8.8.8",
        "8.8.8.8-2600::",
        "8.8.8.8-",
    ],
)
def test_what_is_no_prefix_is_refused(text: str) -> None:
    assert interval_of(text) is None


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        ((), 0),
        (("8.0.0.0/8",), 1 << 24),
        (("0.0.0.0/1", "128.0.0.0/1"), 1 << 32),
        (("2600::/40",), 1 << 24),
        (("2600::1", "2600::7"), 1),
        (("2600::1", "2600:0:0:1::7"), 2),
        (("2600::ffff:ffff:ffff:ffff-2600:0:0:1::",), 2),
        (("8.8.8.8", "2600::/63"), 3),
    ],
)
def test_count_takes_ipv6_by_networks(prefixes: tuple[str, ...], expected: int) -> None:
    assert count(addresses(*prefixes)) == expected


def test_the_halves_of_a_family_are_the_family() -> None:
    assert addresses("0.0.0.0/1", "128.0.0.0/1") == IPV4
    assert addresses("::/1", "8000::/1") == IPV6
    assert IPV4 | IPV6 == EVERYWHERE
    assert IPV4 & IPV6 == NOWHERE


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"),
        *("192.0.0.9", "192.0.0.10", "192.0.1.0", "192.31.196.1", "192.52.193.1", "192.88.99.1"),
        *("192.175.48.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.16"),
        *("2001::1", "2001:1::1", "2001:1::3", "2001:3::1", "2001:4:112::1", "2001:20::1"),
        *("2001:30::1", "2001:200::1", "2002::1", "2600::1", "2620:4f:8000::1", "64:ff9b::1"),
        *("4000::1", "100:0:0:2::1", "::fffe:0:0"),
    ],
)
def test_an_internet_address_is_public(address: str) -> None:
    assert place(address) in PUBLIC


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.255.255.255", "100.64.0.0", "127.0.0.1", "169.254.169.254", "172.16.0.1"),
        *("172.31.255.255", "192.0.0.8", "192.0.0.11", "192.0.0.170", "192.0.2.1", "192.168.0.1"),
        *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "64:ff9b:1::1", "100::1"),
        *("100:0:0:1::1", "2001:1::4", "2001:2::1", "2001:10::1", "2001:db8::1", "3fff::1"),
        *("5f00::1", "fc00::1", "fdff::1", "fe80::1", "ff02::1"),
    ],
)
def test_a_private_or_reserved_address_is_not_public(address: str) -> None:
    assert place(address) not in PUBLIC


def test_approved_networks_are_left_out() -> None:
    public = public_but(("8.8.8.0/24", "2600::/16"))

    assert place("8.8.8.8") not in public
    assert place("2600::1") not in public
    assert public | addresses("8.8.8.0/24", "2600::/16") == PUBLIC


def test_a_broken_approved_network_approves_nothing() -> None:
    assert public_but(("corp", "8.8.8.8/99")) == PUBLIC

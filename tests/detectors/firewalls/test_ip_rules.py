"""How the networks of a firewall's address rules are described."""

from ipaddress import ip_network

import pytest

from detectors.firewalls.ip_rules import IpRule, described


@pytest.mark.parametrize(
    ("networks", "text"),
    [
        (["198.51.100.7/32"], "198.51.100.7"),
        (["0.0.0.0/1"], "0.0.0.0/1"),
        (["52.0.0.0/9", "52.128.0.0/9"], "52.0.0.0/9, 52.128.0.0/9, as wide as a /8"),
    ],
    ids=["one address", "one wide network", "two that are one"],
)
def test_a_width_is_named_only_where_no_network_shows_it(networks: list[str], text: str) -> None:
    assert described(IpRule({}, ip_network(each)) for each in networks) == text

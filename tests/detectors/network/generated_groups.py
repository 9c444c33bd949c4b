"""Groups of rules drawn at random, from values that meet and mask each other often."""

from random import Random
from typing import Any

from tests.detectors.network.groups import rule

_SOURCES = (
    "*",
    "Internet",
    "internet",
    "Any",
    "0.0.0.0/0",
    "::/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "8.0.0.0/6",
    "8.0.0.0/8",
    "8.8.8.8",
    "8.8.8.8/31",
    "10.0.0.0/8",
    "192.168.1.4",
    "192.0.0.0/23",
    "203.0.113.0/24",
    "100.64.0.0/9",
    "2600::/12",
    "2600:1::/40",
    "2600:1::/41",
    "2600:1::7",
    "fd00::/8",
    "2001::/16",
    "VirtualNetwork",
    "AzureLoadBalancer",
    "GatewayManager",
)
_TAGS = ("AzureCloud", "azurecloud.westeurope", "Storage", "AppService")
_BROKEN_SOURCES = ("10.0.0.0/33", "300.1.1.1", "8.8.8.8/255.0.0.0", "<nw>/0", "8.8.8.8,9.9.9.9")
_DESTINATIONS = ("10.0.0.0/24", "10.0.0.4", "10.0.0.128/25", "fd00:1::/64", "0.0.0.0/0", "::/0")
_PORTS = ("22", "22", "3389", "*", "*", "20-30", "3380-3400", "0-65535", "443", "23-3388")
_BROKEN_PORTS = ("ssh", "30-20", "70000", "22-", "-1")
_SOURCE_PORTS = ("0-1023", "1024-65535", "1000-2000", "500")


def draw_group(random: Random) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the rules of a group and the approved networks."""
    several_destinations = random.random() < 0.35
    denies_first = random.random() < 0.5  # where they can mask
    doubtful = random.random() < 0.3
    priorities = random.sample(range(100, 4097), 12)
    if denies_first:
        priorities.sort()
    size = random.choice((1, 2, 2, 3, 3, 4, 5, 7, 10))
    rules = []
    for index in range(size):
        properties = _draw_rule(random, several_destinations=several_destinations)
        if denies_first:
            early = index * 2 < size
            properties["access"] = random.choice(("Deny", "Deny", "Allow")) if early else "Allow"
        if doubtful and random.random() < 0.35:
            _spoil(random, properties)
        priority = properties.pop("priority", priorities[index])
        if doubtful and random.random() < 0.1:
            priority = priorities[0]
        rules.append(rule(f"rule-{index}", priority, **properties))
    approved = ("8.8.8.0/24", "2600:1::/48") if random.random() < 0.2 else ()
    return rules, approved


def _draw_rule(random: Random, *, several_destinations: bool) -> dict[str, Any]:
    properties = {
        "access": random.choice(("Allow", "Deny", "allow", "DENY")),
        "direction": random.choice(("Inbound",) * 6 + ("inbound", "Outbound")),
        "protocol": random.choice(("Tcp", "TCP", "*", "*", "*", "Udp", "Icmp")),
        **_listed(random, "destinationPortRange", _few(random, _PORTS)),
        **_listed(random, "sourceAddressPrefix", _draw_sources(random)),
    }
    if random.random() < 0.06:
        groups = [{"id": "/subscriptions/s/Web"}]
        properties |= {"sourceAddressPrefix": "", "sourceAddressPrefixes": []}
        properties |= {"sourceApplicationSecurityGroups": groups}
    if several_destinations:
        properties |= _draw_destination(random)
    if several_destinations and random.random() < 0.3:
        properties |= _listed(random, "sourcePortRange", _few(random, _SOURCE_PORTS))
    return properties


def _draw_sources(random: Random) -> list[str]:
    kind = random.random()
    if kind < 0.08:
        return [random.choice(_TAGS)]
    if kind < 0.2:
        number, length = random.getrandbits(32), random.randint(1, 32)
        return [f"{'.'.join(str(each) for each in number.to_bytes(4))}/{length}"]
    if kind < 0.25:
        number, length = random.getrandbits(64), random.randint(1, 128)
        return [f"{number >> 48:x}:{number >> 32 & 0xFFFF:x}:{number & 0xFFFF:x}::/{length}"]
    return _few(random, _SOURCES)


def _draw_destination(random: Random) -> dict[str, Any]:
    kind = random.random()
    if kind < 0.3:
        return {}
    if kind < 0.5:
        names = random.sample(("Web", "Data", "Jump"), random.choice((1, 1, 2)))
        return {
            "destinationAddressPrefix": None,
            "destinationApplicationSecurityGroups": [
                {"id": f"/subscriptions/s/{name}"} for name in names
            ],
        }
    if kind < 0.6:
        return {"destinationAddressPrefix": "VirtualNetwork"}
    return _listed(random, "destinationAddressPrefix", _few(random, _DESTINATIONS))


def _few(random: Random, values: tuple[str, ...]) -> list[str]:
    return random.sample(values, random.choice((1, 1, 1, 2, 3)))


def _listed(random: Random, singular: str, values: list[str]) -> dict[str, Any]:
    """Put values into the singular property, the plural one, or both."""
    plural = f"{singular}es" if singular.endswith("x") else f"{singular}s"
    if len(values) == 1 and random.random() < 0.7:
        return {singular: values[0], plural: random.choice(([], None))}
    if len(values) > 1 and random.random() < 0.2:
        return {singular: values[0], plural: values[1:]}
    return {singular: random.choice(("", None)), plural: values}


def _spoil(random: Random, properties: dict[str, Any]) -> None:
    """Break one property in a way ARM would not."""
    broken: tuple[dict[str, Any], ...] = (
        {"access": random.choice(("Permit", None))},
        {"direction": random.choice(("Sideways", None))},
        {"protocol": random.choice(("Sctp", None))},
        {"priority": random.choice((None, "100"))},
        {"sourceAddressPrefix": random.choice(_BROKEN_SOURCES)},
        {"sourceAddressPrefix": None, "sourceAddressPrefixes": None},
        {"destinationAddressPrefix": random.choice(("Storage", "10.0.0.0/-1"))},
        {"destinationAddressPrefix": None, "destinationAddressPrefixes": None},
        {"destinationPortRange": random.choice(_BROKEN_PORTS)},
        {"destinationPortRange": None, "destinationPortRanges": []},
        {"sourcePortRange": random.choice(_BROKEN_PORTS)},
    )
    properties |= random.choice(broken)

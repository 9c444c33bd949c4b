"""Resources to evaluate, of five types, with every document that their controls read.

The documents are the clinic's, copied under other names. One resource in ten has drifted, each in one
of a few ways. The key vaults are in a subscription of their own: an account finds its vault in the list
of its subscription, and the size of that list would hide what the account itself costs.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from drift import ids
from sandbox.clinic.estate import (
    APP_GROUP,
    DATA_DISK,
    INTERFACE,
    MACHINE,
    RECORDS,
    SQL,
    SUBSCRIPTION,
    VAULT,
    VNET,
    clinic,
    security_rule,
)
from sandbox.providers.network_rules import fill_security_group

ACCOUNTS: Final = "storage accounts"
GROUPS: Final = "security groups"
LOOSE_GROUPS: Final = "security groups, unattached"
DISKS: Final = "disks"
SERVERS: Final = "SQL servers"
VAULTS: Final = "key vaults"

COUNTS: Final[Mapping[str, int]] = {
    ACCOUNTS: 600,
    GROUPS: 300,
    LOOSE_GROUPS: 300,
    DISKS: 400,
    SERVERS: 200,
    VAULTS: 200,
}
"""How many resources of each type are evaluated."""

RULES: Final = 20
"""Custom rules of a security group; Azure adds six default rules."""

DRIFTED_IN: Final = 10

_OF_VAULTS: Final = "1d7e4c90-52ab-4f3e-b6c8-90a4e2d1f735"
"""The subscription of the key vaults."""

Body = dict[str, Any]
Change = Callable[[Body], None]


def judged_estate(counts: Mapping[str, int] = COUNTS) -> tuple[dict[str, list[Body]], list[Body]]:
    """Return so many resources of each type, and all other documents."""
    place = {
        ACCOUNTS: _copies(RECORDS, "records", _ACCOUNT_CHANGES),
        GROUPS: _security_groups(is_attached=True),
        LOOSE_GROUPS: _security_groups(is_attached=False),
        DISKS: _copies(DATA_DISK, "data", _DISK_CHANGES),
        SERVERS: _copies(SQL, "sql", _SERVER_CHANGES),
        VAULTS: _copies(VAULT, "keys", _VAULT_CHANGES, subscription=_OF_VAULTS),
    }
    resources: dict[str, list[Body]] = {}
    others = [*clinic(), *_in_subscription(clinic(), _OF_VAULTS)]
    for kind, count in counts.items():
        found = [next(place[kind]) for _ in range(count)]
        resources[kind] = [first for first, *_ in found]
        others += [each for _, *below in found for each in below]
    return resources, others


def _copies(
    original: str, name: str, changes: Sequence[Change], *, subscription: str = SUBSCRIPTION
) -> Iterator[list[Body]]:
    """Yield copies of a resource of the clinic, each with its own documents behind it."""
    whole = ids.key(original)
    texts = [
        json.dumps(each)
        for each in clinic()
        if ids.key(each["id"]) == whole or ids.key(each["id"]).startswith(f"{whole}/")
    ]
    before, number = ids.name_of(original), 0
    while True:
        named = f"{name}{number:05d}"
        bodies = [json.loads(each.replace(f"/{before}", f"/{named}")) for each in texts]
        bodies[0]["name"] = named
        if number % DRIFTED_IN == 0:
            changes[number // DRIFTED_IN % len(changes)](bodies[0])
        yield _in_subscription(bodies, subscription)
        number += 1


def _in_subscription(bodies: Sequence[Body], subscription: str) -> list[Body]:
    """Return copies of documents in another subscription; what they refer to stays where it is."""
    return [{**each, "id": each["id"].replace(SUBSCRIPTION, subscription, 1)} for each in bodies]


def _set(path: str, value: Any) -> Change:
    *above, last = path.split(".")

    def change(body: Body) -> None:
        for name in above:
            body = body[name]
        body[last] = value

    return change


_ACCOUNT_CHANGES: Final = (
    _set("properties.allowSharedKeyAccess", True),
    _set("properties.minimumTlsVersion", "TLS1_0"),
    _set("properties.networkAcls.ipRules", [{"action": "Allow", "value": "20.40.60.0/24"}]),
    _set("properties.allowBlobPublicAccess", True),
    _set("properties.encryption.keySource", "Microsoft.Storage"),
)
_DISK_CHANGES: Final = (
    _set("properties.encryption", {"type": "EncryptionAtRestWithPlatformKey"}),
    _set("properties.networkAccessPolicy", "AllowAll"),
)
_SERVER_CHANGES: Final = (
    _set("properties.minimalTlsVersion", "1.0"),
    _set("properties.publicNetworkAccess", "Disabled"),
)
_VAULT_CHANGES: Final = (
    _set("properties.enablePurgeProtection", None),
    _set("properties.networkAcls.defaultAction", "Allow"),
)


def _security_groups(*, is_attached: bool) -> Iterator[list[Body]]:
    """Yield groups, each before the interface of a machine or of none; a drifted one opens SSH."""
    originals = {each["id"]: each for each in clinic()}
    number, kind = 0, "" if is_attached else "-loose"
    while True:
        names = {
            APP_GROUP: f"nsg{kind}{number:05d}",
            INTERFACE: f"nic{kind}{number:05d}",
            MACHINE: f"vm{kind}{number:05d}",
        }
        own = {old: f"{old.rpartition('/')[0]}/{new}" for old, new in names.items()}
        group, interface, machine = (
            {**originals[old], "id": new, "name": ids.name_of(new)} for old, new in own.items()
        )
        named = [{"id": own[INTERFACE]}] if is_attached else []
        rules = _rules(number % 200, is_open=number % DRIFTED_IN == 0)
        group["properties"] = {"securityRules": rules, "networkInterfaces": named}
        yield [
            fill_security_group(group),
            _interface(interface, own),
            machine,
        ]
        number += 1


def _interface(body: Body, own: Mapping[str, str]) -> Body:
    [address] = body["properties"]["ipConfigurations"]
    there = {**address["properties"], "subnet": {"id": f"{VNET}/subnets/app"}}
    properties = {
        "ipConfigurations": [{**address, "properties": there}],
        "networkSecurityGroup": {"id": own[APP_GROUP]},
        "virtualMachine": {"id": own[MACHINE]},
    }
    return {**body, "properties": {**body["properties"], **properties}}


def _rules(number: int, *, is_open: bool) -> list[Body]:
    """Return the rules of an application: most are about other ports, the last closes the inside."""
    ports = ("443", "80", "1433", "5432", "8080-8090", "9100", "6379", "5671")
    rules = [
        security_rule(f"AllowApp{at}", 100 + 10 * at, f"10.{number}.{at}.0/24", ports[at % 8])
        for at in range(RULES - 4)
    ]
    first = (
        security_rule("AllowSsh", 300, "Internet", "22")
        if is_open
        else security_rule("AllowSftpPartner", 300, f"20.60.{number}.0/24", "2222")
    )
    bastion = security_rule("AllowSshFromBastion", 310, "10.20.3.0/26", "22")
    rdp = security_rule("AllowRdpFromBastion", 320, "10.20.3.0/26", "3389")
    inside = security_rule("DenyAdminPortsInside", 4000, "VirtualNetwork", "", access="Deny")
    several = {"protocol": "*", "destinationPortRanges": ["22", "3389"]}
    inside = {**inside, "properties": {**inside["properties"], **several}}
    return [*rules, first, bastion, rdp, inside]

"""An estate to sweep: security groups, some attached to interfaces, some of those open.

One group in twenty is attached to an interface, so that its related resources are read. One in a
hundred also lets the Internet reach SSH, so that it is evaluated and reported. Both, and the order of
the documents, are drawn from a seed, so that the pages of a list differ.
"""

import random
from collections.abc import Sequence
from typing import Any, Final

from sandbox.clinic.estate import APP_GROUP, INTERFACE, VNET, clinic, security_rule

ATTACHED_IN: Final = 20
OPEN_IN: Final = 100

NAME: Final = "swept"
"""The prefix of every name in the estate."""

Body = dict[str, Any]


def swept_estate(size: int, *, seed: int = 1) -> tuple[Body, ...]:
    """Return so many groups, and their interfaces beside them; the clinic's network must exist."""
    chance = random.Random(seed)  # noqa: S311 - an estate is no secret
    attached = frozenset(chance.sample(range(size), size // ATTACHED_IN))
    is_open = frozenset(chance.sample(sorted(attached), size // OPEN_IN))
    originals = {each["id"]: each for each in clinic()}
    bodies = [
        _group(originals[APP_GROUP], number, before=number in attached, is_open=number in is_open)
        for number in range(size)
    ]
    bodies += [_interface(originals[INTERFACE], number) for number in attached]
    chance.shuffle(bodies)
    return tuple(bodies)


def _group(original: Body, number: int, *, before: bool, is_open: bool) -> Body:
    """Return a compliant group, with a rule for SSH from the Internet if ``is_open``."""
    rules: Sequence[Body] = original["properties"]["securityRules"]
    opened = [security_rule("AllowSsh", 150, "Internet", "22")] if is_open else []
    named = [{"id": _named(INTERFACE, number)}] if before else []
    properties = {"subnets": [], "networkInterfaces": named, "securityRules": [*rules, *opened]}
    return _copy(original, _named(APP_GROUP, number), properties)


def _interface(original: Body, number: int) -> Body:
    """Return an interface that no machine uses, with the group of its number."""
    [address] = original["properties"]["ipConfigurations"]
    there = {**address["properties"], "subnet": {"id": f"{VNET}/subnets/app"}}
    own = _named(INTERFACE, number)
    properties = {
        "ipConfigurations": [{**address, "id": f"{own}/ipConfigurations/1", "properties": there}],
        "networkSecurityGroup": {"id": _named(APP_GROUP, number)},
        "virtualMachine": None,
    }
    return _copy(original, own, properties)


def _copy(original: Body, resource_id: str, properties: Body) -> Body:
    name = resource_id.rpartition("/")[2]
    whole = {**original["properties"], **properties}
    return {**original, "id": resource_id, "name": name, "properties": whole}


def _named(original: str, number: int) -> str:
    return f"{original.rpartition('/')[0]}/{NAME}{number:05d}"

"""The policies that demand encryption at rest, and which parts of an assignment they are."""

from collections.abc import Mapping
from typing import Final

from drift import ids
from drift.arm.references import id_at, items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig

ASSIGNMENTS: Final = "Microsoft.Authorization/policyAssignments"
SETS: Final = "microsoft.authorization/policysetdefinitions"
DEFINITION: Final = "properties.policyDefinitionId"
MEMBERS: Final = "properties.policyDefinitions"

DEFINITIONS: Final = frozenset(
    {
        "6fac406b-40ca-413b-bf8e-0bf964659c25",  # storage accounts: customer-managed key
        "b5ec538c-daa0-4006-8596-35468b9148e8",  # encryption scopes of storage accounts
        "7c322315-e26d-4174-a99e-f49d351b4688",  # tables of storage accounts
        "f0e5abd0-2554-4736-b7c0-4ffef23475ef",  # queues of storage accounts
        "17k78e20-9358-41c9-923c-fb736d382a12",  # SQL databases: transparent data encryption
        "86a912f6-9a06-4e26-b447-11b16ba8659f",  # SQL databases: deploy that encryption
        "0a370ff3-6cab-4e85-8995-295fd854c5b8",  # SQL servers: customer-managed key
        "ac01ad65-10e5-46df-bdd9-6b0cad13e1d2",  # SQL managed instances: customer-managed key
        "702dd420-7fcc-42c5-afe8-4026edd20fe0",  # disks: encryption at rest
    }
)
"""The names of the built-in definitions: https://github.com/Azure/azure-policy. One is no GUID."""


def exempts_encryption(definition_id: str, references: frozenset[str], estate: Estate) -> bool:
    """Tell whether an exemption of these parts of a definition or a set is one from encryption.

    No parts: the whole is exempt. Raise Unreadable where the set cannot be read.
    """
    if ids.type_of(definition_id) != SETS:
        return ids.name_of(definition_id).lower() in DEFINITIONS
    parts = _parts(definition_id, estate)
    demanding = frozenset(name for name, demands in parts.items() if demands)
    if not references or demanding & references:
        return bool(demanding)
    if references - parts.keys():
        raise Unreadable(definition_id, "it does not have a part that is exempt")
    return False


def _parts(set_id: str, estate: Estate) -> Mapping[str, bool]:
    """Return whether each part of a set demands encryption, by its reference id."""
    found = estate.get(set_id)
    if found is None:
        raise Unreadable(set_id, "it does not exist")
    members = items_at(found, MEMBERS)
    if not members:
        raise Unreadable(f"{set_id}#{MEMBERS}", "it has no members")
    return {_reference(found, each): _demands(found, each) for each in members}


def _demands(definition_set: Resource, member: object) -> bool:
    definition = id_at(member, "policyDefinitionId")
    if not definition:
        raise Unreadable(f"{definition_set.id}#{MEMBERS}", "a member names no definition")
    return ids.name_of(definition).lower() in DEFINITIONS


def _reference(definition_set: Resource, member: object) -> str:
    name = dig(member, "policyDefinitionReferenceId")
    if name is MISSING or not isinstance(name, str):
        raise Unreadable(f"{definition_set.id}#{MEMBERS}", "a member has no reference id")
    return name.lower()

"""The required policies for encryption at rest, and the definitions that require it."""

from dataclasses import dataclass
from typing import Final

from detectors.policy.assignments import SETS, parts_of_set
from drift import ids
from drift.errors import Unreadable
from drift.estate import Baseline, Estate

_BUILT_IN: Final = "/providers/microsoft.authorization/policydefinitions/"
_SQL: Final = "microsoft.sql"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a policy must require: by its name in monitor.toml, and in words.

    ``built_in`` are the names of built-in definitions that require it, the one to assign first;
    ``effect`` is that one's default; ``kinds`` are the resource types that they evaluate.
    """

    name: str
    words: str
    built_in: tuple[str, ...]
    kinds: frozenset[str]
    effect: str = "Audit"

    def is_met_by(self, definition_id: str, baseline: Baseline) -> bool:
        """Tell whether a definition requires this."""
        own = baseline.encryption_policies.get(self.name, ())
        return ids.key(definition_id) in {*own, *(f"{_BUILT_IN}{each}" for each in self.built_in)}


REQUIREMENTS: Final = (
    Requirement(
        "storage_key",
        "customer-managed keys for storage accounts",
        ("6fac406b-40ca-413b-bf8e-0bf964659c25",),
        frozenset({"microsoft.storage/storageaccounts"}),
    ),
    Requirement(
        "sql_encryption",
        "encryption of SQL databases",
        # One is not a GUID; the second repairs resources.
        ("17k78e20-9358-41c9-923c-fb736d382a12", "86a912f6-9a06-4e26-b447-11b16ba8659f"),
        frozenset({f"{_SQL}/servers/databases"}),
        "AuditIfNotExists",
    ),
    Requirement(
        "sql_key",
        "customer-managed keys for SQL servers",
        ("0a370ff3-6cab-4e85-8995-295fd854c5b8",),
        frozenset({f"{_SQL}/servers", f"{_SQL}/servers/encryptionprotector"}),
    ),
    Requirement(
        "managed_instance_key",
        "customer-managed keys for SQL managed instances",
        ("ac01ad65-10e5-46df-bdd9-6b0cad13e1d2",),
        frozenset({f"{_SQL}/managedinstances", f"{_SQL}/managedinstances/encryptionprotector"}),
    ),
)
"""The requirements, with the built-in definitions of https://github.com/Azure/azure-policy."""

_OPTIONAL: Final = (
    "b5ec538c-daa0-4006-8596-35468b9148e8",  # encryption scopes of storage accounts
    "7c322315-e26d-4174-a99e-f49d351b4688",  # tables of storage accounts
    "f0e5abd0-2554-4736-b7c0-4ffef23475ef",  # queues of storage accounts
    "702dd420-7fcc-42c5-afe8-4026edd20fe0",  # disks
)
"""Built-in definitions that require encryption beyond these requirements."""


def demands_encryption(definition_id: str, baseline: Baseline) -> bool:
    """Tell whether a definition requires encryption at rest, even if it is not one of the requirements."""
    if ids.key(definition_id) in {f"{_BUILT_IN}{each}" for each in _OPTIONAL}:
        return True
    return any(each.is_met_by(definition_id, baseline) for each in REQUIREMENTS)


def exempts_encryption(definition_id: str, references: frozenset[str], estate: Estate) -> bool:
    """Tell whether an exemption of these parts of a definition or a set exempts from encryption.

    No parts: all of it is exempt. Raise Unreadable where the set cannot be read.
    """
    if ids.type_of(definition_id) != SETS:
        return demands_encryption(definition_id, estate.baseline)
    parts = parts_of_set(definition_id, estate)
    demanding = frozenset(
        each.reference for each in parts if demands_encryption(each.definition, estate.baseline)
    )
    if not references or demanding & references:
        return bool(demanding)
    if references - {each.reference for each in parts}:
        raise Unreadable(definition_id, "it does not have a part that is exempt")
    return False

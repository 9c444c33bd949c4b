"""The az commands that change Cosmos DB accounts, in the form of ``az_options`` (azure-cli 2.91.0)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drift.model import dig
from drift.remediation.az_options import Naming, Update, by_ids, by_name

_ACCOUNT: Final = "microsoft.documentdb/databaseaccounts"


def _joined(rules: Sequence[Any]) -> str:
    """Return address rules as one word, "" for none: an empty value removes every rule."""
    return ",".join(str(dig(each, "ipAddressOrRange")) for each in rules)


COSMOS_UPDATES: Final[Mapping[str, Update]] = {
    _ACCOUNT: Update(
        "cosmosdb update",
        by_ids,
        {
            "properties.publicnetworkaccess": "--public-network-access",
            "properties.iprules": "--ip-range-filter",
            "properties.networkaclbypass": "--network-acl-bypass",
            "properties.networkaclbypassresourceids": "--network-acl-bypass-resource-ids",
            "properties.minimaltlsversion": "--minimal-tls-version",
            "properties.keyvaultkeyuri": "--key-uri",
            "properties.disablelocalauth": "--disable-local-auth",
            "properties.backuppolicy.type": "--backup-policy-type",
        },
        spelling={"--public-network-access": str.upper, "--ip-range-filter": _joined},
    )
}

COSMOS_REMOVALS: Final[Mapping[str, Naming]] = {_ACCOUNT: ("cosmosdb network-rule remove", by_name)}

"""The az commands that change Azure SQL, in the form of ``az_options``.

``az sql midb`` has no command for transparent data encryption (2.91.0).
"""

from collections.abc import Mapping
from typing import Final

from drift.remediation.az_options import (
    Naming,
    Update,
    Words,
    by_ids,
    by_name,
    in_group,
    name_of,
    parent_of,
)

_SERVER: Final = "microsoft.sql/servers"
_INSTANCE: Final = "microsoft.sql/managedinstances"


def _by_parent(resource_id: str) -> Words:
    return by_name(parent_of(resource_id))


def _by_server(resource_id: str) -> Words:
    return ["--server", name_of(parent_of(resource_id)), *in_group(resource_id)]


def _by_server_and_name(resource_id: str) -> Words:
    return [*_by_server(resource_id), "--name", name_of(resource_id)]


def _by_server_and_database(resource_id: str) -> Words:
    database = parent_of(resource_id)
    return [*_by_server(database), "--database", name_of(database)]


def _by_instance(resource_id: str) -> Words:
    return ["--managed-instance", name_of(parent_of(resource_id)), *in_group(resource_id)]


_KEY: Final = {"properties.serverkeytype": "--server-key-type", "properties.uri": "--kid"}
_ENTRA_ONLY: Final = {"properties.azureadonlyauthentication": ""}

SQL_UPDATES: Final[Mapping[str, Update]] = {
    _SERVER: Update(
        "sql server update", by_ids, {"properties.minimaltlsversion": "--minimal-tls-version"}
    ),
    f"{_SERVER}/encryptionprotector": Update("sql server tde-key set", _by_server, _KEY),
    f"{_SERVER}/azureadonlyauthentications": Update(
        "sql server ad-only-auth enable", _by_parent, _ENTRA_ONLY, alone=True
    ),
    f"{_SERVER}/databases/transparentdataencryption": Update(
        "sql db tde set", _by_server_and_database, {"properties.state": "--status"}
    ),
    f"{_SERVER}/auditingsettings": Update(
        "sql server audit-policy update",
        _by_parent,
        {
            "properties.state": "--state",
            "properties.isazuremonitortargetenabled": "",
            "properties.storageendpoint": "--blob-storage-target-state Enabled --storage-endpoint",
            "properties.retentiondays": "--retention-days",
            "properties.auditactionsandgroups": "--actions",
        },
    ),
    _INSTANCE: Update(
        "sql mi update",
        by_ids,
        {
            "properties.minimaltlsversion": "--minimal-tls-version",
            "properties.publicdataendpointenabled": "--public-data-endpoint-enabled",
        },
    ),
    f"{_INSTANCE}/encryptionprotector": Update("sql mi tde-key set", _by_instance, _KEY),
    f"{_INSTANCE}/azureadonlyauthentications": Update(
        "sql mi ad-only-auth enable", _by_parent, _ENTRA_ONLY, alone=True
    ),
}

SQL_DELETIONS: Final[Mapping[str, Naming]] = {
    f"{_SERVER}/firewallrules": ("sql server firewall-rule delete", _by_server_and_name),
    f"{_SERVER}/ipv6firewallrules": ("sql server ipv6-firewall-rule delete", _by_server_and_name),
    f"{_SERVER}/virtualnetworkrules": ("sql server vnet-rule delete", _by_server_and_name),
}

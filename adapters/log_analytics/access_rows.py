"""Rows of the queries about access, as the domain reads them: each with the columns of its query."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_TIMES: Final = {"First": "datetime", "Last": "datetime"}
_CALLER: Final = dict.fromkeys(("Proof", "Address", "Principal", "Tenant"), "string")
_PERSON: Final = dict.fromkeys(("Address", "Principal"), "string")
_FOUND: Final = {"Rows": "long", **_TIMES, "Newest": "datetime"}
_FLOWS: Final = {
    **dict.fromkeys(("Address", "Port", "Machine"), "string"),
    "Flows": "long",
    **_TIMES,
}
_VAULT: Final = {
    **dict.fromkeys(("Proof", "Address", "Principal"), "string"),
    **dict.fromkeys(("Secrets", "Keys", "Listings"), "long"),
    **_TIMES,
}
_COUNTS: Final = dict.fromkeys(("Reads", "Listings", "Unclear", "Bytes"), "long")

_STORAGE: Final = {**_CALLER, **_COUNTS, **_TIMES}

ACCESS_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "storage_use": _STORAGE,
    "storage_files_use": _STORAGE,
    "storage_queues_use": _STORAGE,
    "storage_tables_use": _STORAGE,
    "storage_objects": {"Objects": "long"},
    "storage_coverage": _FOUND,
    "storage_access_levels": {"Changes": "long", **_TIMES},
    "log_stopped": {"Stops": "long", **_TIMES},
    "network_coverage": _FOUND,
    "group_flows": _FLOWS,
    "machine_flows": _FLOWS,
    "vault_coverage": _FOUND,
    "vault_coverage_diagnostics": _FOUND,
    "vault_use": _VAULT,
    "vault_use_diagnostics": _VAULT,
    "sql_coverage": _FOUND,
    "sql_use": {
        "Address": "string",
        **dict.fromkeys(("Logons", "Statements", "Returned"), "long"),
        **_TIMES,
    },
    "activity_coverage": _FOUND,
    "disk_exports": {**_PERSON, "Links": "long", **_TIMES},
    "sign_in_coverage": _FOUND,
    "app_sign_ins": {**_PERSON, "SignIns": "long", **_TIMES},
    "admin_sign_ins": {**_PERSON, "SignIns": "long", **_TIMES},
    "emergency_use": {"Address": "string", "SignIns": "long", "Failures": "long", **_TIMES},
    "role_use": {**_PERSON, "Operations": "long", "HandedOut": "long", **_TIMES},
    "logon_coverage": {**_FOUND, "Machines": "long"},
    "machine_logons": {
        **dict.fromkeys(("Machine", "Address", "Proof"), "string"),
        "Logons": "long",
        **_TIMES,
    },
}
"""The columns of each query's answer: the name of a column and its type in KQL."""


def access_row(query: str, cells: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row: times in UTC or None, whole numbers, texts; on other cells Python's errors are raised."""
    return {name: _cell(cells[name], kind) for name, kind in ACCESS_COLUMNS[query].items()}


def _cell(value: Any, kind: str) -> Any:
    match kind:
        case "datetime":
            return _time(value) if value is not None else None
        case "long":
            return int(value) if value is not None else 0
        case _:
            return value.strip() if isinstance(value, str) else ""


def _time(value: datetime) -> datetime:
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)

"""Every query, checked by Microsoft's own Kusto language service against the documented tables.

https://learn.microsoft.com/azure/azure-monitor/reference/tables-index
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import adapters.log_analytics
from adapters.log_analytics.access_rows import ACCESS_COLUMNS
from adapters.log_analytics.change_rows import COLUMNS as CHANGE_COLUMNS
from adapters.log_analytics.kql import with_values
from drift.access.ports import QueryValue
from tests.support.azure_fakes import ACCOUNT, NOW

HERE = Path(__file__).parent
QUERIES = Path(adapters.log_analytics.__path__[0]) / "queries"

ABOUT_ACCOUNT: Mapping[str, QueryValue] = {"since": NOW, "until": NOW, "account": ACCOUNT.lower()}
ABOUT_FILES: Mapping[str, QueryValue] = {
    **ABOUT_ACCOUNT,
    "content": ["GetFile"],
    "listings": ["ListShares"],
}
ABOUT_FLOWS: Mapping[str, QueryValue] = {"since": NOW, "until": NOW}
GROUPS = ["subscription/group/nsg"]
DAY = timedelta(days=1)
ABOUT_VAULT: Mapping[str, QueryValue] = {**ABOUT_FLOWS, "vault": ACCOUNT.lower(), "around": DAY}
OPERATIONS: Mapping[str, QueryValue] = {
    "secrets": ["SecretGet"],
    "keys": ["KeyUnwrap"],
    "listings": ["SecretList"],
}

VALUES: Mapping[str, Mapping[str, QueryValue]] = {
    "activity_by_actor": {
        "since": NOW,
        "until": NOW,
        "actor_name": 'o\'brien "x" \\ {y}@clinic.example',
        "actor_id": "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
        "event_correlation": "",
    },
    "container_changes": {"since": NOW, "until": NOW},
    "directory_changes": {"since": NOW, "until": NOW},
    "management_group_changes": {"since": NOW, "until": NOW},
    "emergency_sign_ins": {"since": NOW, "until": NOW, "accounts": ["an-account"]},
    "storage_use": {**ABOUT_ACCOUNT, "content": ["GetBlob"], "listings": ["ListBlobs"]},
    "storage_files_use": ABOUT_FILES,
    "storage_queues_use": ABOUT_FILES,
    "storage_tables_use": ABOUT_FILES,
    "storage_objects": {
        **ABOUT_ACCOUNT,
        "content": ["GetBlob"],
        "callers": ["anonymous 203.0.113.9 "],
    },
    "storage_coverage": {**ABOUT_ACCOUNT, "around": timedelta(days=1)},
    "storage_access_levels": ABOUT_ACCOUNT,
    "log_stopped": {"since": NOW, "until": NOW},
    "network_coverage": {**ABOUT_FLOWS, "groups": GROUPS, "machine": "", "around": DAY},
    "group_flows": {**ABOUT_FLOWS, "groups": GROUPS, "ports": ["22", "3389"]},
    "machine_flows": {**ABOUT_FLOWS, "machine": "subscription/group/machine"},
    "vault_coverage": ABOUT_VAULT,
    "vault_coverage_diagnostics": ABOUT_VAULT,
    "vault_use": {**ABOUT_VAULT, **OPERATIONS},
    "vault_use_diagnostics": {**ABOUT_VAULT, **OPERATIONS},
    "sql_coverage": {**ABOUT_FLOWS, "server": ACCOUNT.lower(), "around": DAY},
    "sql_use": {**ABOUT_FLOWS, "server": ACCOUNT.lower()},
    "activity_coverage": {**ABOUT_FLOWS, "subscription": "a-subscription", "around": DAY},
    "disk_exports": {**ABOUT_FLOWS, "disk": ACCOUNT.lower()},
    "sign_in_coverage": {**ABOUT_FLOWS, "around": DAY},
    "app_sign_ins": {**ABOUT_FLOWS, "applications": ["an-application"]},
    "admin_sign_ins": {**ABOUT_FLOWS, "people": ["a-person"]},
    "emergency_use": {**ABOUT_FLOWS, "account": "an-account"},
    "role_use": {
        **ABOUT_FLOWS,
        "subscription": "a-subscription",
        "principals": ["a-principal"],
        "assigned": ["aprincipal"],
        "handing_out": ["listKeys"],
    },
    "logon_coverage": {**ABOUT_FLOWS, "machines": [ACCOUNT.lower()], "around": DAY},
    "machine_logons": {**ABOUT_FLOWS, "machines": [ACCOUNT.lower()]},
}

CHANGE = {"At": "datetime", **dict.fromkeys(sorted(CHANGE_COLUMNS - {"At"}), "string")}

COLUMNS = {
    **ACCESS_COLUMNS,
    "container_changes": CHANGE,
    "directory_changes": CHANGE,
    "management_group_changes": CHANGE,
    "emergency_sign_ins": CHANGE,
    "activity_by_actor": {
        "At": "datetime",
        "Operation": "string",
        "ResourceId": "string",
        "Theirs": "long",
        "Succeeded": "long",
        "Failed": "long",
        "IsEvent": "bool",
    },
}


def checked(queries: Mapping[str, str]) -> dict[str, Any]:
    node = shutil.which("node")
    assert node, "Node.js runs the language service"
    tables = json.loads((HERE / "workspace_tables.json").read_text())
    done = subprocess.run(
        [node, str(HERE / "kql_check.mjs")],
        input=json.dumps({"tables": tables, "queries": queries}),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return checked({name: with_values(name, values) for name, values in VALUES.items()})


def test_every_query_is_checked() -> None:
    assert {file.stem for file in QUERIES.glob("*.kql")} == set(VALUES) == set(COLUMNS)


@pytest.mark.parametrize("name", VALUES)
def test_a_query_fits_the_tables(answers: dict[str, Any], name: str) -> None:
    assert answers[name]["problems"] == []


@pytest.mark.parametrize("name", VALUES)
def test_a_query_answers_with_the_columns_that_are_read(answers: dict[str, Any], name: str) -> None:
    assert answers[name]["columns"] == COLUMNS[name]


def test_the_check_sees_a_mistake() -> None:
    answer = checked({"wrong": "AzureActivity | where Callr == 'x'"})

    assert "KS142" in answer["wrong"]["problems"][0]

"""The queries about uses of vaults and logons to SQL servers, run on rows that match and that do not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.access.ports import QueryValue
from sandbox.world import Sandbox
from tests.support.azure_fakes import refusal_of
from tests.support.rig import GROUP

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys".lower()
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/sql".lower()
STRANGER = "203.0.113.9"
SECRET = "jane-doe-1974"
ABOUT: dict[str, QueryValue] = {
    "vault": VAULT,
    "secrets": ["SecretGet"],
    "keys": ["KeyUnwrap"],
    "listings": ["SecretList"],
}
OLDER = ["vault_use", "vault_use_diagnostics"]
CLAIM = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def found(log: LogAnalytics, query: str, **values: QueryValue) -> list[dict[str, Any]]:
    return [dict(each) for each in log.access(query, values, since=NOW - HOUR, until=NOW)]


def add_use(sandbox: Sandbox, query: str, operation: str = "SecretGet", **values: Any) -> None:
    """Add a use to the table that a query reads."""
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "OperationName": operation,
        "_ResourceId": VAULT,
    }
    if query == "vault_use":
        table, status = "AZKVAuditLogs", {"HttpStatusCode": 200, "CallerIpAddress": STRANGER}
        who = {"Identity": {"claim": {"appid": "app", CLAIM: "person"}}, "Id": SECRET}
    else:
        table, status = "AzureDiagnostics", {"httpStatusCode_d": 200.0, "CallerIPAddress": STRANGER}
        who = {"identity_claim_appid_g": "app", "id_s": SECRET}
        row |= {"ResourceProvider": "MICROSOFT.KEYVAULT", "Category": "AuditEvent"}
    sandbox.logs.add(table, {**row, **status, **who, **values})


@pytest.mark.parametrize("query", OLDER)
def test_uses_of_a_vault_are_counted_by_caller_and_no_secret_is_named(
    sandbox: Sandbox, log: LogAnalytics, query: str
) -> None:
    for operation in ("SecretGet", "SecretGet", "KeyUnwrap", "SecretList", "VaultGet"):
        add_use(sandbox, query, operation)

    [row] = found(log, query, **ABOUT)

    assert (row["Secrets"], row["Keys"], row["Listings"]) == (2, 1, 1)
    assert (row["Address"], row["First"]) == (STRANGER, NOW - HOUR / 2)
    assert row["Principal"] == ("person" if query == "vault_use" else "app")
    assert SECRET not in json.dumps(row, default=str)


@pytest.mark.parametrize("query", OLDER)
@pytest.mark.parametrize("case", ["refused", "another vault", "earlier", "administration"])
def test_other_rows_are_no_use_of_a_vault(
    sandbox: Sandbox, log: LogAnalytics, query: str, case: str
) -> None:
    status = "HttpStatusCode" if query == "vault_use" else "httpStatusCode_d"
    values: dict[str, dict[str, Any]] = {
        "refused": {status: 403},
        "another vault": {"_ResourceId": f"{VAULT}2"},
        "earlier": {"TimeGenerated": NOW - 2 * HOUR},
        "administration": {"OperationName": "VaultPut"},
    }
    add_use(sandbox, query, **values[case])

    assert found(log, query, **ABOUT) == []


def test_a_trusted_service_is_told_apart(sandbox: Sandbox, log: LogAnalytics) -> None:
    add_use(sandbox, "vault_use", "KeyUnwrap", TrustedService="Storage")
    add_use(sandbox, "vault_use", "KeyUnwrap")

    rows = found(log, "vault_use", **ABOUT)

    assert {each["Proof"] for each in rows} == {"trusted service", "sign-in"}


@pytest.mark.parametrize("query", OLDER)
def test_rows_of_a_vault_and_of_others_show_how_far_the_log_has_come(
    sandbox: Sandbox, log: LogAnalytics, query: str
) -> None:
    add_use(sandbox, query)
    add_use(sandbox, query, _ResourceId="/subscriptions/other", TimeGenerated=NOW)
    coverage = query.replace("use", "coverage")

    [row] = found(log, coverage, vault=VAULT, around=HOUR)

    at = NOW - HOUR / 2
    assert row == {"Rows": 1, "First": at, "Last": at, "Newest": NOW}


def add_audit(sandbox: Sandbox, action: str, **values: Any) -> None:
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "Category": "SQLSecurityAuditEvents",
        "action_id_s": action,
        "succeeded_s": "true",
        "client_ip_s": STRANGER,
        "server_principal_name_s": SECRET,
        "statement_s": f"SELECT * FROM {SECRET}",
        "response_rows_d": 0.0,
        "_ResourceId": f"{SERVER}/databases/records",
    }
    sandbox.logs.add("AzureDiagnostics", {**row, **values})


def test_logons_statements_and_rows_are_counted_by_address_and_nobody_is_named(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add_audit(sandbox, "DBAS")
    add_audit(sandbox, "BCM ", response_rows_d=3120.0, succeeded_s="1")
    add_audit(sandbox, "RCM", response_rows_d=5.0, _ResourceId=SERVER)

    [row] = found(log, "sql_use", server=SERVER)

    assert (row["Address"], row["Logons"], row["Statements"]) == (STRANGER, 1, 2)
    assert row["Returned"] == 3125
    assert SECRET not in json.dumps(row, default=str)


@pytest.mark.parametrize(
    "values",
    [
        {"action": "DBAF"},
        {"action": "BCM", "succeeded_s": "false"},
        {"action": "DBAS", "_ResourceId": f"{SERVER}2/databases/records"},
        {"action": "DBAS", "Category": "AuditEvent"},
        {"action": "DBAS", "TimeGenerated": NOW - 2 * HOUR},
    ],
    ids=["failed logon", "failed statement", "another server", "another log", "earlier"],
)
def test_other_records_are_no_use_of_a_server(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add_audit(sandbox, **values)

    assert found(log, "sql_use", server=SERVER) == []


def test_records_of_a_server_and_of_others_show_how_far_the_log_has_come(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add_audit(sandbox, "DBAS")
    add_audit(sandbox, "DBAS", _ResourceId="/subscriptions/other", TimeGenerated=NOW)

    [row] = found(log, "sql_coverage", server=SERVER, around=HOUR)

    at = NOW - HOUR / 2
    assert row == {"Rows": 1, "First": at, "Last": at, "Newest": NOW}


def test_a_workspace_without_the_table_refuses(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.lose("AzureDiagnostics", "AZKVAuditLogs")

    assert refusal_of(lambda: found(log, "sql_use", server=SERVER)).status == 400
    assert refusal_of(lambda: found(log, "vault_use", **ABOUT)).status == 400

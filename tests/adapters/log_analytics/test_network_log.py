"""The queries about flows and logons, run on sample rows that match and that do not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.access.ports import QueryValue
from sandbox.logs.access_tables import flow_row
from sandbox.world import Sandbox
from tests.support.azure_fakes import refusal_of
from tests.support.rig import GROUP, NSG, SUBSCRIPTION

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web"
STRANGER, OTHER = "203.0.113.9", "198.51.100.7"
FLOWS: dict[str, QueryValue] = {"groups": [f"{SUBSCRIPTION}/clinic/front"], "ports": ["22", "3389"]}
LOGONS: dict[str, QueryValue] = {"machines": [MACHINE.lower()]}
SHORT = f"{SUBSCRIPTION}/clinic/web"


def found(log: LogAnalytics, query: str, **values: QueryValue) -> list[dict[str, Any]]:
    rows = log.access(query, values, since=NOW - HOUR, until=NOW)
    return [dict(each) for each in rows]


def add_flow(sandbox: Sandbox, port: int = 22, **values: Any) -> None:
    """Add a flow of half an hour ago that was analysed now."""
    at = NOW - HOUR / 2
    flow = {
        "TimeGenerated": NOW,
        "FlowIntervalStartTime": NOW - HOUR,
        "FlowIntervalEndTime": NOW,
        "FlowStartTime": at,
        "FlowEndTime": at,
        "SrcPublicIps": f"{STRANGER}|3|3|9|9|900|900 {OTHER}|1|1|3|3|300|300",
    }
    sandbox.logs.add("NTANetAnalytics", flow_row(MACHINE, NSG, port, {**flow, **values}))


def test_flows_are_counted_by_address_port_and_machine(sandbox: Sandbox, log: LogAnalytics) -> None:
    add_flow(sandbox)
    add_flow(sandbox, SrcPublicIps=f"{STRANGER}|2|2|9|9|900|900")

    rows = found(log, "group_flows", **FLOWS)

    assert [(each["Address"], each["Flows"]) for each in rows] == [(STRANGER, 5), (OTHER, 1)]
    assert {(each["Port"], each["Machine"]) for each in rows} == {("22", SHORT)}
    assert rows[0]["First"] == NOW - HOUR / 2


@pytest.mark.parametrize(
    "values",
    [
        {"port": 443},
        {"AllowedInFlows": 0},
        {"SrcPublicIps": ""},
        {"SubType": "Topology"},
        {"AclGroup": "another", "NsgList": ""},
        {"FlowStartTime": NOW - DAY, "FlowEndTime": NOW - DAY},
        {"FlowStartTime": NOW + HOUR, "FlowEndTime": NOW + HOUR},
    ],
    ids=["port", "denied", "private", "topology", "group", "earlier", "later"],
)
def test_other_flows_of_a_group_are_none(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add_flow(sandbox, **values)

    assert found(log, "group_flows", **FLOWS) == []


def test_a_group_is_found_by_its_id_as_well(sandbox: Sandbox, log: LogAnalytics) -> None:
    add_flow(sandbox, AclGroup=NSG, NsgList="")

    assert found(log, "group_flows", **{**FLOWS, "groups": [NSG.lower()]})


def test_flows_to_a_machine_are_counted_at_every_port(sandbox: Sandbox, log: LogAnalytics) -> None:
    add_flow(sandbox, port=8443)
    add_flow(sandbox, port=8443, DestVm="clinic/another")

    rows = found(log, "machine_flows", machine=SHORT)

    assert [(each["Address"], each["Port"], each["Flows"]) for each in rows] == [
        (STRANGER, "8443", 3),
        (OTHER, "8443", 1),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"groups": FLOWS["groups"], "machine": ""},
        {"groups": [], "machine": SHORT},
    ],
    ids=["group", "machine"],
)
def test_flows_show_how_far_their_log_has_come(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, QueryValue]
) -> None:
    add_flow(sandbox, port=443)
    add_flow(sandbox, AclGroup="another", NsgList="", DestVm="clinic/another")

    [row] = found(log, "network_coverage", around=DAY, **values)

    assert row == {"Rows": 1, "First": NOW - HOUR, "Last": NOW, "Newest": NOW}


def add_ssh(sandbox: Sandbox, **values: Any) -> None:
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "Facility": "auth",
        "ProcessName": "sshd",
        "SyslogMessage": f"Accepted publickey for dr-doe from {STRANGER} port 51324 ssh2",
        "_ResourceId": MACHINE.lower(),
    }
    sandbox.logs.add("Syslog", {**row, **values})


def add_windows(sandbox: Sandbox, **values: Any) -> None:
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "EventID": 4624,
        "LogonType": 10,
        "IpAddress": OTHER,
        "Account": "CLINIC\\dr-doe",
        "_ResourceId": MACHINE.lower(),
    }
    sandbox.logs.add("SecurityEvent", {**row, **values})


def test_logons_are_counted_by_address_and_no_account_is_named(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add_ssh(sandbox)
    add_ssh(sandbox, ProcessName="sshd-session")
    add_windows(sandbox)

    rows = found(log, "machine_logons", **LOGONS)

    assert {(each["Address"], each["Proof"], each["Logons"]) for each in rows} == {
        (STRANGER, "ssh", 2),
        (OTHER, "windows logon of type 10", 1),
    }
    assert {each["Machine"] for each in rows} == {MACHINE.lower()}
    assert "doe" not in json.dumps(rows, default=str)


@pytest.mark.parametrize(
    "values",
    [
        {"SyslogMessage": f"Failed password for root from {STRANGER} port 1 ssh2"},
        {"ProcessName": "sudo"},
        {"_ResourceId": f"{MACHINE.lower()}2"},
        {"TimeGenerated": NOW - DAY},
    ],
    ids=["failed", "no logon", "another machine", "earlier"],
)
def test_other_rows_of_syslog_are_no_logon(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add_ssh(sandbox, **values)

    assert found(log, "machine_logons", **LOGONS) == []


@pytest.mark.parametrize(
    "values",
    [{"EventID": 4625}, {"LogonType": 5}, {"IpAddress": "-"}, {"IpAddress": "127.0.0.1"}],
    ids=["failed", "a service", "no address", "itself"],
)
def test_other_security_events_are_no_logon(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add_windows(sandbox, **values)

    assert found(log, "machine_logons", **LOGONS) == []


def test_the_machine_that_is_behind_tells_how_far_logons_have_arrived(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add_ssh(sandbox, TimeGenerated=NOW - HOUR)
    add_ssh(sandbox, TimeGenerated=NOW)
    add_windows(sandbox, _ResourceId=f"{MACHINE.lower()}2", TimeGenerated=NOW - 2 * HOUR)
    both: list[str] = [MACHINE.lower(), f"{MACHINE.lower()}2"]

    [row] = found(log, "logon_coverage", around=DAY, machines=both)

    assert (row["Rows"], row["Machines"]) == (3, 2)
    assert (row["First"], row["Last"]) == (NOW - 2 * HOUR, NOW - 2 * HOUR)


def test_one_of_the_two_tables_is_enough(sandbox: Sandbox, log: LogAnalytics) -> None:
    add_ssh(sandbox)
    sandbox.logs.lose("SecurityEvent")

    assert len(found(log, "machine_logons", **LOGONS)) == 1


@pytest.mark.parametrize("query", ["group_flows", "machine_logons"])
def test_a_workspace_without_the_tables_refuses(
    sandbox: Sandbox, log: LogAnalytics, query: str
) -> None:
    sandbox.logs.lose("NTANetAnalytics", "SecurityEvent", "Syslog")
    values = FLOWS if query == "group_flows" else LOGONS

    assert refusal_of(lambda: found(log, query, **values)).status == 400

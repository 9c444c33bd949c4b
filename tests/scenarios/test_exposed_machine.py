"""Who logged on while a port was open: flows arrive late, logons confirm access, unknown facts are named."""

from collections.abc import Iterator
from typing import Any

import pytest

from drift.access.record import Exposure
from drift.notices import Access, Change
from drift.state.incident_record import load_incident
from sandbox.clinic.ids import DATA_GROUP, MACHINE
from sandbox.clinic.network import security_rule
from sandbox.logs.access_tables import flow_row
from tests.support.exposed_clinic import ExposedClinic, exposed_clinic

CONTROL = "NSG-ADMIN-PORTS"
STRANGER = "45.83.12.9"
ACCOUNT = "dr-jane-doe"


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExposedClinic]:
    with exposed_clinic(CONTROL) as clinic:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(clinic.azure.ca_bundle))
        clinic.rig.write(DATA_GROUP)
        yield clinic


def open_port(clinic: ExposedClinic) -> None:
    rules = clinic.azure.cloud.read(DATA_GROUP)["properties"]["securityRules"]
    opened = [security_rule("temp", 101, "Internet", "22"), *rules]
    clinic.rig.clock.advance(seconds=20)
    clinic.azure.patch(DATA_GROUP, {"properties": {"securityRules": opened}})
    clinic.rig.write(DATA_GROUP)


def close_port(clinic: ExposedClinic) -> None:
    rules = clinic.azure.cloud.read(DATA_GROUP)["properties"]["securityRules"]
    closed = [each for each in rules if each["name"] != "temp"]
    clinic.azure.patch(DATA_GROUP, {"properties": {"securityRules": closed}})
    clinic.rig.write(DATA_GROUP)
    clinic.rig.later(minutes=2)


def analyse_flows(clinic: ExposedClinic, at: Any) -> None:
    """Let Traffic Analytics write its flows now."""
    flow = {
        "TimeGenerated": clinic.rig.clock.now,
        "FlowIntervalStartTime": at,
        "FlowIntervalEndTime": clinic.rig.clock.now,
        "FlowStartTime": at,
        "FlowEndTime": at,
        "SrcPublicIps": f"{STRANGER}|4|4|9|9|900|900",
    }
    clinic.azure.logs.add("NTANetAnalytics", flow_row(MACHINE, DATA_GROUP, 22, flow))


def log_on(clinic: ExposedClinic) -> None:
    row = {
        "TimeGenerated": clinic.rig.clock.now,
        "Facility": "auth",
        "ProcessName": "sshd",
        "SyslogMessage": f"Accepted password for {ACCOUNT} from {STRANGER} port 51324 ssh2",
        "_ResourceId": MACHINE.lower(),
    }
    clinic.azure.logs.add("Syslog", row, delayed=True)


def exposure_of(clinic: ExposedClinic) -> Exposure:
    incident = load_incident(clinic.rig.store, DATA_GROUP, CONTROL, 1)
    assert incident
    assert incident.exposure
    return incident.exposure


def told(clinic: ExposedClinic) -> list[tuple[Change, Access | None]]:
    return [(each.change, each.access) for each, _ in clinic.rig.teams.told]


def test_a_logon_is_found_once_flow_logs_name_the_machine(clinic: ExposedClinic) -> None:
    open_port(clinic)
    clinic.rig.later(minutes=5)
    at = clinic.rig.clock.now
    log_on(clinic)
    clinic.rig.later(minutes=3)
    close_port(clinic)
    clinic.rig.later(minutes=35)
    first = exposure_of(clinic)
    assert first.access is Access.POSSIBLE
    assert "no flow shows which machines were reached" in first.summary
    assert told(clinic) == [(Change.OPENED, None), (Change.RESOLVED, Access.POSSIBLE)]

    analyse_flows(clinic, at)
    clinic.rig.later(minutes=150)

    exposure = exposure_of(clinic)
    assert (exposure.access, exposure.callers, exposure.flows) == (Access.CONFIRMED, 1, 4)
    assert told(clinic)[2:] == [(Change.UPDATED, Access.CONFIRMED)]
    assert ACCOUNT not in clinic.stored()

"""Who used a key vault or a SQL server while it was open, and what is said where the log does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from drift.access.record import Exposure
from drift.notices import Access, Change
from drift.state.incident_record import load_incident
from sandbox.clinic.ids import SQL, VAULT
from tests.support.exposed_clinic import ExposedClinic, exposed_clinic

STRANGER = "45.83.12.9"
NAME = "dr-jane-doe"


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the clinic: what opens it, and the row of a use from outside."""

    resource: str
    control: str
    opened: dict[str, Any]
    table: str
    use: dict[str, Any]


SERVICES = {
    "vault": Service(
        VAULT,
        "KEYVAULT-NETWORK",
        {"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Allow"}},
        "AZKVAuditLogs",
        {
            "OperationName": "SecretGet",
            "HttpStatusCode": 200,
            "CallerIpAddress": STRANGER,
            "Identity": {"claim": {"appid": "app"}},
            "Id": f"https://lakeside-keys.vault.azure.net/secrets/{NAME}",
        },
    ),
    "sql": Service(
        SQL,
        "SQL-PUBLIC-ACCESS",
        {"publicNetworkAccess": "Enabled"},
        "AzureDiagnostics",
        {
            "Category": "SQLSecurityAuditEvents",
            "action_id_s": "BCM",
            "succeeded_s": "true",
            "client_ip_s": STRANGER,
            "response_rows_d": 12.0,
            "server_principal_name_s": NAME,
            "statement_s": f"SELECT * FROM patients WHERE name = '{NAME}'",
        },
    ),
}


@contextmanager
def watched(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExposedClinic]:
    with exposed_clinic(service.control) as clinic:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(clinic.azure.ca_bundle))
        clinic.rig.write(service.resource)
        clinic.rig.clock.advance(seconds=20)
        clinic.azure.patch(service.resource, {"properties": service.opened})
        if service.resource == SQL:
            rule = {"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}}
            clinic.azure.write(f"{SQL}/firewallRules/all", rule)
            clinic.rig.write(f"{SQL}/firewallRules/all")
        clinic.rig.write(service.resource)
        yield clinic


def use(clinic: ExposedClinic, service: Service) -> None:
    row = {
        "TimeGenerated": clinic.rig.clock.now,
        "_ResourceId": service.resource.lower(),
        **service.use,
    }
    clinic.azure.logs.add(service.table, row, delayed=True)


def exposure_of(clinic: ExposedClinic, service: Service) -> Exposure:
    incident = load_incident(clinic.rig.store, service.resource, service.control, 1)
    assert incident
    assert incident.exposure
    return incident.exposure


def told(clinic: ExposedClinic) -> list[tuple[Change, Access | None]]:
    return [(each.change, each.access) for each, _ in clinic.rig.teams.told]


@pytest.mark.parametrize("name", SERVICES)
def test_a_use_from_outside_is_told_once_and_names_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    with watched(service, monkeypatch) as clinic:
        clinic.rig.later(minutes=1)
        use(clinic, service)
        clinic.rig.later(minutes=35)

        exposure = exposure_of(clinic, service)
        assert (exposure.access, exposure.callers) == (Access.CONFIRMED, 1)
        assert told(clinic) == [(Change.OPENED, None), (Change.UPDATED, Access.CONFIRMED)]
        assert NAME not in clinic.stored()


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("fault", ["missing", "partial", "no answer", 403, 429, 504])
def test_what_does_not_answer_is_not_known_and_the_next_time_catches_up(
    name: str, fault: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    with watched(service, monkeypatch) as clinic:
        if isinstance(fault, int):
            clinic.azure.logs.refuse(status=fault)
        elif fault == "missing":
            clinic.azure.logs.lose("AZKVAuditLogs", "AzureDiagnostics")
        elif fault == "partial":
            clinic.azure.logs.partial(times=50)
        else:
            clinic.azure.logs.garble(times=50)
        use(clinic, service)
        clinic.rig.later(minutes=1)

        exposure = exposure_of(clinic, service)
        assert exposure.access is Access.POSSIBLE
        assert exposure.summary.startswith("Not known whether")
        assert told(clinic) == [(Change.OPENED, None)]

        clinic.azure.clear()
        clinic.rig.later(minutes=11)

        assert told(clinic)[1:] == [(Change.UPDATED, Access.CONFIRMED)]

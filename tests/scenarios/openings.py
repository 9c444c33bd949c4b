"""Each type of resource whose use is investigated: how a story opens it and uses it from outside."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from detectors.role.privileged_roles import OWNER
from drift.access.record import Exposure
from drift.arm import graph
from drift.events import LINKED, Event, to_message
from drift.notices import Access, Change
from drift.queues.outbound import Outbound
from drift.state.incident_record import load_incident
from sandbox.clinic.ids import DATA_GROUP, INTAKE, MACHINE, SNAPSHOT, SQL, SUBSCRIPTION, VAULT
from sandbox.clinic.network import security_rule
from sandbox.clinic.tenant import EMERGENCY, MFA_FOR_ALL, PORTAL
from sandbox.core.people import TENANT
from sandbox.logs.access_tables import flow_row
from tests.support.exposed_clinic import ExposedClinic, exposed_clinic

STRANGER = "45.83.12.9"
NAME = "dr-jane-doe"
"""Who logs on, and what a secret is named after: it must not be stored."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A resource of the clinic: how it is opened, the traces of a use from outside, and their meaning.

    ``column`` is one that the questions need, as TABLE.COLUMN.
    """

    resource: str
    control: str
    open: Callable[[ExposedClinic], None]
    use: Callable[[ExposedClinic], None]
    column: str
    access: Access = Access.CONFIRMED

    @property
    def table(self) -> str:
        return self.column.partition(".")[0]

    @contextmanager
    def watched(self, patch: pytest.MonkeyPatch) -> Iterator[ExposedClinic]:
        """Watch the resource, which is closed."""
        with exposed_clinic(self.control) as clinic:
            patch.setenv("REQUESTS_CA_BUNDLE", str(clinic.azure.ca_bundle))
            _look_at(clinic, self.resource)
            clinic.rig.clock.advance(seconds=20)
            yield clinic

    def exposure(self, clinic: ExposedClinic) -> Exposure:
        """Return the answer that is stored with the incident."""
        incident = load_incident(clinic.rig.store, self.resource, self.control, 1)
        assert incident
        assert incident.exposure
        return incident.exposure


def _look_at(clinic: ExposedClinic, resource: str) -> None:
    """Have the monitor read a resource: by an event, or a tenant by a message that names its policy."""
    if not resource.startswith("/tenants/"):
        clinic.rig.write(resource)
        return
    at = clinic.rig.clock.now
    event = Event(
        id=at.isoformat(),
        type=LINKED,
        operation="",
        subject=EVERYBODY,
        target=resource,
        at=at,
        actor=None,
        correlation_id="",
        deleted=False,
    )
    clinic.rig.run(Outbound(changes=(to_message(event),)))


def told(clinic: ExposedClinic) -> list[tuple[Change, Access | None]]:
    """Return the messages that Teams received."""
    return [(each.change, each.access) for each, _ in clinic.rig.teams.told]


def _set(resource: str, **properties: Any) -> Callable[[ExposedClinic], None]:
    def open_(clinic: ExposedClinic) -> None:
        clinic.azure.patch(resource, {"properties": properties})
        clinic.rig.write(resource)

    return open_


def _open_sql(clinic: ExposedClinic) -> None:
    rule = {"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}}
    clinic.azure.patch(SQL, {"properties": {"publicNetworkAccess": "Enabled"}})
    clinic.azure.write(f"{SQL}/firewallRules/all", rule)
    clinic.rig.write(f"{SQL}/firewallRules/all")
    clinic.rig.write(SQL)


def _open_port(clinic: ExposedClinic) -> None:
    rules = clinic.azure.cloud.read(DATA_GROUP)["properties"]["securityRules"]
    opened = [security_rule("temp", 101, "Internet", "22"), *rules]
    _set(DATA_GROUP, securityRules=opened)(clinic)


def _row(table: str, resource: str, **values: Any) -> Callable[[ExposedClinic], None]:
    def use(clinic: ExposedClinic) -> None:
        at = clinic.rig.clock.now
        about = {"_ResourceId": resource.lower()} if resource else {}
        row = {"TimeGenerated": at, **about, **values}
        clinic.azure.logs.add(table, row, delayed=True)

    return use


_log_on = _row(
    "Syslog",
    MACHINE,
    Facility="auth",
    ProcessName="sshd",
    SyslogMessage=f"Accepted password for {NAME} from {STRANGER} port 51324 ssh2",
)


def _use_machine(clinic: ExposedClinic) -> None:
    """Log on to the machine; Traffic Analytics writes at once that it was reached."""
    _log_on(clinic)
    at = clinic.rig.clock.now
    times = ("TimeGenerated", "FlowIntervalStartTime", "FlowIntervalEndTime")
    flow: dict[str, Any] = dict.fromkeys((*times, "FlowStartTime", "FlowEndTime"), at)
    flow |= {"SrcPublicIps": f"{STRANGER}|4|4|9|9|900|900"}
    clinic.azure.logs.add("NTANetAnalytics", flow_row(MACHINE, DATA_GROUP, 22, flow))


def _ask_for_a_link(clinic: ExposedClinic) -> None:
    clinic.azure.act(SNAPSHOT, "beginGetAccess")


HOME = f"/tenants/{TENANT}"
EVERYBODY = f"{HOME}/providers/{graph.POLICIES}/{MFA_FOR_ALL}"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
CONTRACTOR = "7a7a7a7a-2222-4b4b-9c9c-000000000002"
_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def _no_mfa(clinic: ExposedClinic) -> None:
    """Switch the policy of MFA off, and have the tenant looked at."""
    body = clinic.azure.cloud.read(EVERYBODY)
    clinic.azure.place({**body, "properties": {**body["properties"], "state": "disabled"}})
    _look_at(clinic, HOME)


def _assign_owner(clinic: ExposedClinic) -> None:
    role = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
    given = {"roleDefinitionId": role, "principalId": CONTRACTOR, "principalType": "User"}
    assignment = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{CONTRACTOR}"
    clinic.azure.write(assignment, {"properties": given})
    clinic.rig.write(assignment)


def _sign_in(person: str) -> Callable[[ExposedClinic], None]:
    return _row(
        "SigninLogs",
        "",
        Id="one",
        ResultType="0",
        AuthenticationRequirement="singleFactorAuthentication",
        AppId=PORTAL,
        AppDisplayName=f"Records of {NAME}",
        IPAddress=STRANGER,
        UserId=person,
        UserPrincipalName=f"{NAME}@clinic.example",
    )


OPENINGS: Mapping[str, Opening] = {
    "account": Opening(
        INTAKE,
        "STORAGE-PUBLIC-ACCESS",
        lambda clinic: clinic.open(),
        lambda clinic: clinic.strangers_read(),
        "StorageBlobLogs.ObjectKey",
    ),
    "file shares": Opening(
        INTAKE,
        "STORAGE-FIREWALL",
        _set(INTAKE, publicNetworkAccess="Enabled", networkAcls={"defaultAction": "Allow"}),
        _row(
            "StorageFileLogs",
            f"{INTAKE}/fileServices/default",
            OperationName="GetFile",
            AuthenticationType="AccountKey",
            StatusCode="200",
            CallerIpAddress=f"{STRANGER}:443",
            CorrelationId="one",
            ObjectKey=f"/lakesideintake/scans/{NAME}",
        ),
        "StorageFileLogs.CallerIpAddress",
        Access.PRESUMED,
    ),
    "machine": Opening(
        DATA_GROUP,
        "NSG-ADMIN-PORTS",
        _open_port,
        _use_machine,
        "NTANetAnalytics.SrcPublicIps",
    ),
    "vault": Opening(
        VAULT,
        "KEYVAULT-NETWORK",
        _set(VAULT, publicNetworkAccess="Enabled", networkAcls={"defaultAction": "Allow"}),
        _row(
            "AZKVAuditLogs",
            VAULT,
            OperationName="SecretGet",
            HttpStatusCode=200,
            CallerIpAddress=STRANGER,
            Identity={"claim": {"appid": "app"}},
            Id=f"https://lakeside-keys.vault.azure.net/secrets/{NAME}",
        ),
        "AZKVAuditLogs.CallerIpAddress",
    ),
    "sql": Opening(
        SQL,
        "SQL-PUBLIC-ACCESS",
        _open_sql,
        _row(
            "AzureDiagnostics",
            SQL,
            Category="SQLSecurityAuditEvents",
            action_id_s="BCM",
            succeeded_s="true",
            client_ip_s=STRANGER,
            response_rows_d=12.0,
            server_principal_name_s=NAME,
            statement_s=f"SELECT * FROM patients WHERE name = '{NAME}'",
        ),
        "AzureDiagnostics.client_ip_s",
    ),
    "disk": Opening(
        SNAPSHOT,
        "DISK-PUBLIC-EXPORT",
        _set(SNAPSHOT, networkAccessPolicy="AllowAll", publicNetworkAccess="Enabled"),
        _ask_for_a_link,
        "AzureActivity.CallerIpAddress",
        Access.PRESUMED,
    ),
    "applications with PHI": Opening(
        HOME,
        "CA-PHI-APPS-MFA",
        _no_mfa,
        _sign_in("somebody"),
        "SigninLogs.AuthenticationRequirement",
        Access.POSSIBLE,
    ),
    "administrators": Opening(
        HOME,
        "CA-ADMIN-MFA",
        _no_mfa,
        _sign_in(EMERGENCY[0]),
        "SigninLogs.AuthenticationRequirement",
        Access.POSSIBLE,
    ),
    "privileged role": Opening(
        SCOPE,
        "ROLE-PRIVILEGED-ASSIGNMENT",
        _assign_owner,
        _row(
            "AzureActivity",
            INTAKE,
            CategoryValue="Administrative",
            OperationNameValue="MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",
            ActivityStatusValue="Success",
            CorrelationId="one",
            CallerIpAddress=STRANGER,
            Caller=f"{NAME}@clinic.example",
            Claims_d={_OBJECT_ID: CONTRACTOR},
            SubscriptionId=SUBSCRIPTION,
        ),
        "AzureActivity.CallerIpAddress",
        Access.POSSIBLE,
    ),
}

"""The input of a control beside the resource: related resources, approvals, PHI scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from drift.entra import directory_roles
from drift.model import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The approvals in monitor.toml that controls need.

    ``approved_networks`` are CIDR prefixes and ids of virtual networks or subnets,
    ``approved_workspaces`` ids (empty: any). A tag with one of the jumpbox names and one
    of the values marks a machine through which administrators connect. ``admin_ports`` are 22, 3389 and
    the ports that the operator adds. ``soft_delete_days`` is the shortest accepted retention.
    ``defender_plans`` are the names of the required Defender plans.
    ``evidence_tables`` are the tables of a workspace that must be kept for ``log_retention_days``.
    An exemption from encryption may last ``exemption_days``. ``encryption_policies`` are the
    operator's own policy definitions (lower-case ids) that require what built-in ones do, by the
    name of the requirement. ``privileged_principals`` are the object ids (lower case) that may hold
    privileged roles. ``compliance_sets`` are policy sets (lower-case ids) that count as the HIPAA
    standard beside the built-in ones. ``evidence_container`` is the address of the container in which
    the monitor stores evidence, "" where it stores it elsewhere. ``monitor_app`` is the end of the ARM
    id of the monitor's function app, lower case, "" where it runs elsewhere. ``required_events`` has, by
    type of an Event Grid topic, how what must be delivered begins (``drift.intake.event_topics``).
    The roles, applications and accounts of
    the directory are ids in lower case; policies of MFA may exclude ``break_glass_accounts``, which
    are for emergencies, and ``mfa_exempt_accounts``, which cannot use MFA.
    The members of ``reviewed_roles`` must be reviewed at least every ``access_review_days``, those of
    Global Administrator every ``global_administrator_review_days``;
    ``held_access_reviews`` (role, date) were held by hand. The latest of the ``break_glass_drills``
    (dates) may be ``break_glass_drill_days`` old; of the ``break_glass_runbooks`` (document, end of
    validity) one must be valid.
    """

    approved_networks: tuple[str, ...] = ()
    approved_workspaces: tuple[str, ...] = ()
    jumpbox_tag_names: tuple[str, ...] = ("role",)
    jumpbox_tag_values: tuple[str, ...] = ("jumpbox",)
    admin_ports: tuple[int, ...] = (22, 3389)
    soft_delete_days: int = 30
    evidence_container: str = ""
    monitor_app: str = ""
    required_events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defender_plans: tuple[str, ...] = (
        "StorageAccounts",
        "SqlServers",
        "VirtualMachines",
        "KeyVaults",
        "Arm",
    )
    exemption_days: int = 90
    privileged_principals: tuple[str, ...] = ()
    compliance_sets: tuple[str, ...] = ()
    administrative_roles: tuple[str, ...] = tuple(directory_roles.MINIMUM)
    phi_applications: tuple[str, ...] = ()
    break_glass_accounts: tuple[str, ...] = ()
    mfa_exempt_accounts: tuple[str, ...] = ()
    reviewed_roles: tuple[str, ...] = directory_roles.REVIEWED
    access_review_days: int = 184
    global_administrator_review_days: int = 92
    held_access_reviews: tuple[tuple[str, str], ...] = ()
    break_glass_drills: tuple[str, ...] = ()
    break_glass_drill_days: int = 90
    break_glass_runbooks: tuple[tuple[str, str], ...] = ()
    encryption_policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_retention_days: int = 2191
    evidence_tables: tuple[str, ...] = (
        "AzureActivity",
        "AzureDiagnostics",
        "StorageBlobLogs",
        "StorageFileLogs",
        "StorageQueueLogs",
        "StorageTableLogs",
        "SQLSecurityAuditEvents",
        "AZKVAuditLogs",
        "AuditLogs",
        "SigninLogs",
        "SecurityAlert",
        "NTANetAnalytics",
    )


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether a resource holds PHI, and why; ``phi`` None: unknown, so it is treated as PHI.

    ``listed``: the source is a list in monitor.toml, not Azure.
    """

    phi: bool | None
    why: str
    listed: bool = False


class Around(Protocol):
    """The related resources, read on demand, each at most once."""

    @property
    def baseline(self) -> Baseline:
        """Return what the operator has approved."""

    @property
    def now(self) -> datetime:
        """Return the time of the evaluation, in UTC."""

    def get(self, resource_id: str) -> Resource | None:
        """Return a resource by id, None where it does not exist; raise Unreadable.

        An id of ``drift.arm.unique_names`` finds a resource in every subscription that is readable, with
        its own id; None then only says that none of these has it.
        """

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the children in a collection such as ``blobServices/default/containers``.

        Raise Unreadable, also where the collection answers 404.
        """

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the extensions of a kind such as ``Microsoft.Insights/diagnosticSettings``.

        Return () where their collection answers 404; raise Unreadable.
        """


class Estate(Around, Protocol):
    """The input of a control: the related resources, and whether the resource holds PHI."""

    @property
    def phi(self) -> bool | None:
        """Tell whether the evaluated resource holds PHI; None: unknown, so it is treated as PHI."""

    @property
    def former_tag(self) -> str:
        """Return the PHI tag that the resource itself last carried, "" where none is known."""

    @property
    def tagged(self) -> Scope:
        """Return the scope by lists and by tags on the resource and above it only."""

    def holds_phi(self, machine: Resource, /) -> bool | None:
        """Tell whether a related machine holds PHI, None where that is unknown."""

"""Callers of Azure: users, service principals and managed identities, with their claims."""

import enum
from dataclasses import dataclass
from typing import Any, Final

TENANT: Final = "7e9c1f00-4c11-4a0e-9d6b-1b5a3c0d2e4f"
_SCHEMAS: Final = "http://schemas.microsoft.com"
_XML: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


class Role(enum.StrEnum):
    """What a caller may do in ARM."""

    READER = "Reader"
    CONTRIBUTOR = "Contributor"
    OWNER = "Owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A caller. Without ``upn`` it is a service principal or managed identity, known by ``app_id``.

    ``logged_as`` is what AzureActivity shows as Caller for a principal: ``app_id`` or ``object_id``
    (both are seen in tenants); for a user it is always the UPN.
    """

    object_id: str
    app_id: str
    name: str = ""
    upn: str = ""
    ip: str = ""
    mfa: bool = False
    role: Role = Role.CONTRIBUTOR
    logged_as: str = "app_id"

    @property
    def caller(self) -> str:
        """Return the Caller of the activity log."""
        return self.upn or (self.app_id if self.logged_as == "app_id" else self.object_id)

    @property
    def principal_type(self) -> str:
        """Return the type of principal as role assignments have it."""
        return "User" if self.upn else "ServicePrincipal"

    def claims(self, audience: str, issued: int) -> dict[str, str]:
        """Return the claims as they stand in events and in the activity log."""
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": str(issued),
            "nbf": str(issued),
            "exp": str(issued + 3600),
            "appid": self.app_id,
            f"{_SCHEMAS}/identity/claims/objectidentifier": self.object_id,
            f"{_SCHEMAS}/identity/claims/tenantid": TENANT,
            "uti": "b3JkaW5hcnkgdXRpAAAA",
            "ver": "1.0",
        }
        return claims | (self._of_user() if self.upn else self._of_principal())

    def _of_user(self) -> dict[str, str]:
        return {
            "_claim_names": '{"groups":"src1"}',
            f"{_SCHEMAS}/claims/authnmethodsreferences": "pwd,mfa" if self.mfa else "pwd",
            "appidacr": "0",
            "ipaddr": self.ip,
            "name": self.name,
            f"{_SCHEMAS}/identity/claims/scope": "user_impersonation",
            f"{_XML}/name": self.upn,
            f"{_XML}/upn": self.upn,
        }

    def _of_principal(self) -> dict[str, str]:
        return {
            "appidacr": "2",
            "idtyp": "app",
            f"{_SCHEMAS}/identity/claims/identityprovider": f"https://sts.windows.net/{TENANT}/",
            f"{_XML}/nameidentifier": self.object_id,
        }

    def evidence(self) -> dict[str, Any]:
        """Return the role that allowed the call, as ``authorization.evidence`` shows it."""
        return {
            "role": str(self.role),
            "principalId": self.object_id.replace("-", ""),
            "principalType": self.principal_type,
        }


ENGINEER: Final = Actor(
    object_id="5d6a3e1b-0f62-4c53-8f0e-0a4a1d3c9b11",
    app_id="04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    name="Dana Whitfield",
    upn="dana.whitfield@lakeside-clinic.example",
    ip="198.51.100.24",
    mfa=True,
)
"""A person at the command line (the application is that of the Azure CLI)."""

PIPELINE: Final = Actor(
    object_id="c2b7e5a4-66f1-4f39-9b0a-3f0f5a2e7d88",
    app_id="9a1f4c7e-2b3d-4e5f-8a9b-0c1d2e3f4a5b",
    name="deploy-pipeline",
    ip="203.0.113.77",
)
"""A service principal that deploys."""

MONITOR: Final = Actor(
    object_id="e4d1b2a3-1c2d-4f5e-8b7a-6c5d4e3f2a1b",
    app_id="1f2e3d4c-5b6a-4798-8a9b-acbdcedfe0f1",
    name="phi-drift-monitor",
    role=Role.READER,
    logged_as="object_id",
)
"""The managed identity of the monitor: it may only read."""

"""Callers of Azure: users, service principals and managed identities, with their claims."""

import enum
from dataclasses import dataclass
from typing import Any, Final

TENANT: Final = "7e9c1f00-4c11-4a0e-9d6b-1b5a3c0d2e4f"
_SCHEMAS: Final = "http://schemas.microsoft.com"
_XML: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


class Role(enum.StrEnum):
    """The permissions of a caller in ARM."""

    READER = "Reader"
    CONTRIBUTOR = "Contributor"
    OWNER = "Owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A caller. Without ``upn`` and ``guest`` it is a service principal or a managed identity.

    ``ip`` is the address of its requests, ``sign_in_ip`` that of its sign-in ("": the same). ``guest``
    is the mail of a Microsoft account that was invited, and has no UPN here. ``resource`` is the ARM
    id that a managed identity belongs to. ``logged_as`` is what AzureActivity shows as Caller for a
    principal: ``app_id`` or ``object_id`` (both are seen in tenants); for a user it is the name.
    """

    object_id: str
    app_id: str
    name: str = ""
    upn: str = ""
    ip: str = ""
    sign_in_ip: str = ""
    guest: str = ""
    resource: str = ""
    mfa: bool = False
    role: Role = Role.CONTRIBUTOR
    logged_as: str = "app_id"

    @property
    def caller(self) -> str:
        """Return the Caller of the activity log."""
        return self.user or (self.app_id if self.logged_as == "app_id" else self.object_id)

    @property
    def principal_type(self) -> str:
        """Return the type of principal as role assignments have it."""
        return "User" if self.user else "ServicePrincipal"

    @property
    def user(self) -> str:
        """Return the name with which a person signs in, "" for a principal that is not a person."""
        return self.upn or (f"live.com#{self.guest}" if self.guest else "")

    def claims(self, audience: str, issued: int) -> dict[str, str]:
        """Return the claims as in events and in the activity log."""
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
        return claims | (self._of_user() if self.user else self._of_principal())

    def _of_user(self) -> dict[str, str]:
        claims = {
            "_claim_names": '{"groups":"src1"}',
            f"{_SCHEMAS}/claims/authnmethodsreferences": "pwd,mfa" if self.mfa else "pwd",
            "appidacr": "0",
            "ipaddr": self.sign_in_ip or self.ip,
            "name": self.name,
            f"{_SCHEMAS}/identity/claims/scope": "user_impersonation",
            f"{_XML}/name": self.user,
        }
        if not self.guest:
            return claims | {f"{_XML}/upn": self.upn}
        return claims | {
            "altsecid": "1:live.com:00034001A7B3C9D2",
            f"{_SCHEMAS}/identity/claims/identityprovider": "live.com",
            f"{_XML}/emailaddress": self.guest,
        }

    def _of_principal(self) -> dict[str, str]:
        owned = {"xms_mirid": self.resource} if self.resource else {}
        return owned | {
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

GUEST: Final = Actor(
    object_id="8b1f7d20-5c3e-4a86-9f0d-2e4c6a8b0d13",
    app_id="c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    name="Ravi Menon",
    guest="ravi.menon@imaging-partner.example",
    ip="192.0.2.44",
    sign_in_ip="198.51.100.200",
)
"""A guest in the Azure portal, whose requests come from another address than the sign-in."""

FUNCTION: Final = Actor(
    object_id="d3a9c6f1-8e27-4b05-a1d4-6f7e8c9b0a25",
    app_id="6e5d4c3b-2a19-4f08-8e7d-9c8b7a6f5e4d",
    name="id-intake",
    resource=f"/subscriptions/{TENANT}/resourcegroups/rg-intake/providers/"
    "Microsoft.ManagedIdentity/userAssignedIdentities/id-intake",
    ip="203.0.113.90",
)
"""A managed identity that somebody assigned to a function app."""

MONITOR: Final = Actor(
    object_id="e4d1b2a3-1c2d-4f5e-8b7a-6c5d4e3f2a1b",
    app_id="1f2e3d4c-5b6a-4798-8a9b-acbdcedfe0f1",
    name="phi-drift-monitor",
    role=Role.READER,
    logged_as="object_id",
)
"""The managed identity of the monitor: it may only read."""

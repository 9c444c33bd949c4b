"""The identity of the monitor, as its token names it, and the command that grants it a role."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cli.doctor_checks.check import Check, fail, ok, warn
from drift.config.app_settings import Settings
from drift.config.secret import Secret
from drift.errors import SourceUnavailable
from drift.untrusted_json import folded, printable

READER: Final = "Reader"
LOG_READER: Final = "Log Analytics Reader"
NEEDS_CLI: Final = "install the Azure CLI first if `az` is not found"


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity that tokens are issued to; a field is "" where the token does not name it."""

    object_id: str = ""
    name: str = ""
    tenant_id: str = ""
    is_user: bool = False

    @property
    def description(self) -> str:
        """Return the principal in one phrase."""
        kind = "user" if self.is_user else "application"
        return f"{kind} {self.name or 'without a name'}, object id {self.object_id or 'unknown'}"


TokenOf = Callable[[], Secret]


def principal_of(token: Secret) -> Principal:
    """Return the identity of a token; Azure checks its signature, not we."""
    claims = _claims(token.reveal())
    user = printable(claims.get("upn")) or printable(claims.get("unique_name"))
    return Principal(
        object_id=printable(claims.get("oid")),
        name=user or printable(claims.get("appid")) or printable(claims.get("azp")),
        tenant_id=printable(claims.get("tid")).lower(),
        is_user=bool(user) or printable(claims.get("idtyp")) == "user",
    )


def grant(principal: Principal, role: str, scope: str) -> str:
    """Return the command that grants the principal a role; Azure takes minutes to apply it."""
    kind = "User" if principal.is_user else "ServicePrincipal"
    who = principal.object_id or "OBJECT_ID_OF_THE_IDENTITY"
    quoted = f"'{role}'" if " " in role else role
    return (
        f"az role assignment create --assignee-object-id {who} "
        f"--assignee-principal-type {kind} --role {quoted} --scope {scope}"
    )


def signed_in(
    service: str, token: TokenOf, settings: Settings, env: Mapping[str, str]
) -> tuple[Principal | None, Check]:
    """Fetch a token and name its identity; None if there is no token."""
    name = f"token for {service}"
    try:
        principal = principal_of(token())
    except SourceUnavailable:
        return None, no_token(name, settings.client_id, env)
    if settings.tenant_id and principal.tenant_id not in ("", settings.tenant_id):
        finding = f"is of tenant {principal.tenant_id}, AZURE_TENANT_ID says {settings.tenant_id}"
        return principal, warn(name, finding, "correct AZURE_TENANT_ID: portal links open in it")
    return principal, ok(name, principal.description)


def no_token(name: str, client_id: str, env: Mapping[str, str]) -> Check:
    """Say which identity got no token, and how to get one."""
    if not env.get("IDENTITY_ENDPOINT"):
        finding = "no token: there is no managed identity here, and nobody is signed in to Azure"
        return fail(name, finding, f"run `az login` ({NEEDS_CLI})")
    if client_id:
        finding = f"the managed identity with client id {client_id} got no token"
        return fail(name, finding, "assign that identity to the app, or correct AZURE_CLIENT_ID")
    step = "switch on the app's system-assigned identity, or set AZURE_CLIENT_ID to its user-assigned one"
    return fail(name, "the system-assigned managed identity got no token", step)


def _claims(token: str) -> Mapping[str, Any]:
    body = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        text = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
        return folded(json.loads(text))
    except ValueError:
        return {}

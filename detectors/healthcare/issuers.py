"""Who issues the tokens that a FHIR or DICOM service accepts: its own tenant, or somebody else."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from detectors.evidence import check_objects, evidence
from detectors.healthcare.services import DICOM, FHIR, called, tenant_of
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Evidence, Outcome, Resource, Severity, Verdict, dig

_AUTHENTICATION: Final = "properties.authenticationConfiguration"
AUTHORITY: Final = f"{_AUTHENTICATION}.authority"
PROVIDERS: Final = f"{_AUTHENTICATION}.smartIdentityProviders"

_LOGIN_HOSTS: Final = frozenset(
    {
        *("login.microsoftonline.com", "sts.windows.net", "login.windows.net"),
        *("login.microsoftonline.us", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn"),
    }
)
_EVERY_TENANT: Final = frozenset({"common", "organizations", "consumers"})
_SHOWN: Final = 20


def issuer(service: Resource, estate: Estate) -> Verdict:
    """Evaluate whose tokens are accepted: only those of the tenant that the service lies in.

    A DICOM service shows its issuer without letting anybody set it, so an absent one is its tenant's.
    """
    check_objects(service, _AUTHENTICATION)
    authority = service.get(AUTHORITY)
    if authority is MISSING and service.type == DICOM:
        return Verdict(Outcome.NOT_APPLICABLE, "The token issuer is the service's own tenant.")
    tenant = tenant_of(service, estate) if authority is not MISSING else ""
    if not _is_foreign(authority, tenant, AUTHORITY):
        reason = f"The {called(service)} accepts tokens of its tenant only."
        return Verdict(Outcome.PASS, reason, (evidence(service, AUTHORITY),))
    return Verdict(
        Outcome.FAIL,
        f"The {called(service)} accepts tokens of another issuer: {authority}.",
        (evidence(service, AUTHORITY, "the issuer of its own tenant"),),
        Severity.MEDIUM,
        _own_issuer(service, str(authority), tenant),
    )


def _own_issuer(service: Resource, authority: str, tenant: str) -> Fix:
    note = "Clients with tokens of the other issuer lose access."
    host = (urlsplit(authority).hostname or "").lower()
    if host in _LOGIN_HOSTS and service.type != DICOM:
        return Fix((SetProperty(service.id, AUTHORITY, f"https://{host}/{tenant}"),), note)
    return Fix(note=f"Set the authority of the service to that of your own tenant. {note}")


def providers(service: Resource, estate: Estate) -> Verdict:
    """Evaluate the identity providers of SMART on FHIR: each of another issuer lets others read."""
    foreign = foreign_providers(service, estate)
    if not foreign:
        return Verdict(Outcome.NOT_APPLICABLE, "No other identity provider grants access.")
    names = [str(dig(each, "authority")) for each in foreign]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    left = [each for each in service.items(PROVIDERS) if each not in foreign]
    return Verdict(
        Outcome.FAIL,
        f"Identity providers outside your tenant may grant access: {', '.join(names[:3])}{more}.",
        (Evidence(PROVIDERS, names[:_SHOWN], "providers of your own tenant"),),
        Severity.MEDIUM,
        Fix(
            (SetProperty(service.id, PROVIDERS, left),),
            "Apps that sign in with these providers lose access; add an exception for one that is "
            "approved.",
        ),
    )


def foreign_providers(service: Resource, estate: Estate) -> Sequence[Any]:
    """Return the identity providers that issue tokens for another tenant; raise Unreadable."""
    if service.type != FHIR:
        return ()
    check_objects(service, _AUTHENTICATION)
    listed = service.items(PROVIDERS)
    tenant = tenant_of(service, estate) if listed else ""
    return [each for each in listed if _is_foreign(dig(each, "authority"), tenant, PROVIDERS)]


def _is_foreign(authority: object, tenant: str, path: str) -> bool:
    """Tell whether an issuer is not a tenant's; raise Unreadable where that is not known.

    Entra ID names a tenant by its id or by a domain, and only the id can be compared.
    """
    if not isinstance(authority, str) or not authority:
        raise Unreadable(path, "an issuer is absent, or not a string")
    parts = urlsplit(authority)
    if (parts.hostname or "").lower() not in _LOGIN_HOSTS:
        return True
    named = parts.path.strip("/").partition("/")[0].lower()
    if "." in named or not named:
        raise Unreadable(path, "an issuer names its tenant by a domain, or not at all")
    return named in _EVERY_TENANT or named != tenant

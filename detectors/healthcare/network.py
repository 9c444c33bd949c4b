"""Whether only private endpoints reach a FHIR or DICOM service, and who else may read from it."""

from collections.abc import Sequence
from typing import Any, Final

from detectors.evidence import check_objects, check_properties, evidence
from detectors.facets import weakest
from detectors.firewalls.private_endpoints import CONNECTIONS
from detectors.firewalls.public_access import ACCESS
from detectors.healthcare.issuers import (
    AUTHORITY,
    PROVIDERS,
    foreign_providers,
    issuer,
    providers,
)
from detectors.healthcare.services import DICOM, FHIR, FORMER, WORKSPACE, called
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.ids import name_of, parent_of
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

_CORS: Final = "properties.corsConfiguration"
_ORIGINS: Final = f"{_CORS}.origins"
_CREDENTIALS: Final = f"{_CORS}.allowCredentials"
_POLICIES: Final = "properties.accessPolicies"
_EXPORT: Final = "properties.exportConfiguration.storageAccountName"
_IMPORT: Final = "properties.importConfiguration.integrationDataStore"
_STORE: Final = "properties.storageConfiguration.storageResourceId"

_ANY: Final = "*"
_SHOWN: Final = 20

_OWN: Final = (ACCESS, _ORIGINS, _CREDENTIALS, AUTHORITY)

CONTROL: Final = Control(
    id="FHIR-NETWORK",
    title="FHIR or DICOM service must be reachable by private endpoints only",
    service="Healthcare APIs",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    why="With a leaked token, anyone on any network can read the health records.",
    fix="az resource update --ids <id> --set properties.publicNetworkAccess=Disabled",
    watches={
        FHIR: (*_OWN, PROVIDERS, _EXPORT, _IMPORT),
        DICOM: (*_OWN, _STORE),
        FORMER: (*_OWN, _POLICIES, CONNECTIONS, _EXPORT),
        WORKSPACE: (CONNECTIONS,),
        ids.SUBSCRIPTION: ("tenantId",),
    },
    also_judges=(DICOM, FORMER),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate public access, the origins of browsers, and whose tokens are accepted."""
    check_properties(resource)
    sides = (_reached, _origins, issuer, providers, _policies, _stores)
    return weakest(CONTROL, sides, resource, estate)


def _reached(service: Resource, estate: Estate) -> Verdict:
    """Evaluate public network access; absent is Enabled.

    ARM documents the setting for services with a private endpoint. It is not confirmed that
    Disabled is effective without one: the result is pass, and the reason names the missing
    endpoint.
    """
    access = service.word(ACCESS)
    found = (evidence(service, ACCESS, "Disabled"),)
    if access == "disabled":
        return Verdict(Outcome.PASS, _closed(service, estate), found)
    if access not in {MISSING, "enabled"}:
        raise Unreadable(ACCESS, "not a known access")
    return Verdict(
        Outcome.FAIL,
        f"The Internet reaches the {called(service)}; only a token is needed.{_retired(service)}",
        found,
        Severity.CRITICAL if _is_wide(service, estate) else Severity.HIGH,
        Fix(
            (SetProperty(service.id, ACCESS, "Disabled"),),
            "Clients without a private endpoint lose access: add one first.",
        ),
    )


def _closed(service: Resource, estate: Estate) -> str:
    """State who can reach a service with public access off, by the endpoints of its workspace."""
    holder = service if service.type == FORMER else estate.get(parent_of(service.id))
    if holder is None:
        raise Unreadable(parent_of(service.id), "the workspace of the service is absent")
    states = [
        str(dig(each, "properties.privateLinkServiceConnectionState.status")).lower()
        for each in holder.items(CONNECTIONS)
    ]
    approved = states.count("approved")
    who = (
        f"Only private endpoints ({approved}) reach the {called(service)}."
        if approved
        else f"Nobody reaches the {called(service)}: no private endpoint is approved."
    )
    return f"{who}{_retired(service)}"


def _retired(service: Resource) -> str:
    if service.type != FORMER:
        return ""
    return (
        " The Azure API for FHIR was retired on 30 September 2026: move the data to a FHIR service."
    )


def _is_wide(service: Resource, estate: Estate) -> bool:
    """Tell whether a reachable service accepts more than tokens of its own tenant; False if unknown."""
    try:
        return _allows_any_origin(service) or bool(foreign_providers(service, estate))
    except Unreadable:
        return False


def _origins(service: Resource, _: Estate) -> Verdict:
    """Evaluate which web pages may read with a signed-in user's browser; absent is none."""
    if not _allows_any_origin(service):
        return Verdict(Outcome.NOT_APPLICABLE, "No web page of any origin may read.")
    service.word(ACCESS)  # where an event does not show it, the severity is not known
    with_credentials = str(dig(service.body, _CREDENTIALS)).lower() in {"true", "1"}
    left = [each for each in service.items(_ORIGINS) if each != _ANY]
    return Verdict(
        Outcome.FAIL,
        "Web pages of any origin may read"
        f"{', also with the credentials of the user' if with_credentials else ''} (CORS).",
        (
            evidence(service, _ORIGINS, "the origins of your own apps"),
            evidence(service, _CREDENTIALS),
        ),
        Severity.HIGH if with_credentials else Severity.MEDIUM,
        Fix(
            (SetProperty(service.id, _ORIGINS, left),),
            "Web apps of origins that are not listed lose access: list those of your own apps.",
        ),
    )


def _allows_any_origin(service: Resource) -> bool:
    check_objects(service, _CORS)
    origins = service.items(_ORIGINS)
    if not all(each == _ANY or "://" in str(each) for each in origins):
        raise Unreadable(_ORIGINS, "one of them is not an origin")
    return _ANY in origins


def _policies(service: Resource, _: Estate) -> Verdict:
    """Evaluate the access policies of the former service, which allow identities beside Azure roles."""
    listed: Sequence[Any] = service.items(_POLICIES) if service.type == FORMER else ()
    if not listed:
        return Verdict(Outcome.NOT_APPLICABLE, "No identity has access except by Azure roles.")
    names = [str(dig(each, "objectId")) for each in listed]
    return Verdict(
        Outcome.FAIL,
        f"Access policies let identities read without an Azure role: {len(names)}.",
        (Evidence(_POLICIES, names[:_SHOWN], "no identity except by Azure roles"),),
        Severity.MEDIUM,
        Fix(
            (SetProperty(service.id, _POLICIES, []),),
            "These identities lose access: give each that needs it a FHIR role first.",
        ),
    )


def _stores(service: Resource, _: Estate) -> Verdict:
    """State which storage accounts hold the same records: they are PHI, but do not affect the verdict."""
    shown = (dig(service.body, each) for each in (_EXPORT, _IMPORT, _STORE))
    names = sorted({name_of(each) for each in shown if isinstance(each, str) and each})
    if not names:
        return Verdict(Outcome.NOT_APPLICABLE, "No storage account is named.")
    reason = f"Its records also go to storage that must be tagged as PHI: {', '.join(names)}."
    return Verdict(Outcome.PASS, reason)

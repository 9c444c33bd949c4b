"""Common code of the controls of the Healthcare APIs: the types of services, and their tenant."""

from typing import Final

from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig

WORKSPACE: Final = "microsoft.healthcareapis/workspaces"
FHIR: Final = f"{WORKSPACE}/fhirservices"
DICOM: Final = f"{WORKSPACE}/dicomservices"
FORMER: Final = "microsoft.healthcareapis/services"
"""The Azure API for FHIR, which was retired on 30 September 2026."""

_NAMES: Final = {FHIR: "FHIR service", DICOM: "DICOM service", FORMER: "Azure API for FHIR"}


def called(service: Resource) -> str:
    """Return what people call the service's type."""
    return _NAMES[service.type]


def tenant_of(service: Resource, estate: Estate) -> str:
    """Return the tenant of a service in lower case: its identity names it, else its subscription does."""
    tenant = dig(service.body, "identity.tenantId")
    if isinstance(tenant, str):
        return tenant.lower()
    subscription = f"/subscriptions/{ids.subscription_of(service.id)}"
    found = estate.get(subscription)
    tenant = found.get("tenantId") if found else MISSING
    if not isinstance(tenant, str):
        raise Unreadable(f"{subscription}#tenantId", "absent")
    return tenant.lower()

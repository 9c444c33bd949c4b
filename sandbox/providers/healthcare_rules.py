"""What the HealthcareApis resource provider adds to a request's body, and what it refuses."""

from typing import Any, Final

from sandbox.core.documents import Body
from sandbox.core.paths import Place
from sandbox.core.people import TENANT
from sandbox.http.messages import Refused

FHIR: Final = "microsoft.healthcareapis/workspaces/fhirservices"
DICOM: Final = "microsoft.healthcareapis/workspaces/dicomservices"
FORMER: Final = "microsoft.healthcareapis/services"
SERVICES: Final = frozenset({FHIR, DICOM, FORMER})

_FHIR_KINDS: Final = ("fhir-R4", "fhir-Stu3")


def fill_service(place: Place, body: Body) -> Body:
    """Return a service with what ARM shows of every service, which is no key; refuse what is invalid."""
    _check(place, body)
    given: dict[str, Any] = dict(body.get("properties") or {})
    authentication: dict[str, Any] = {"authority": f"https://login.microsoftonline.com/{TENANT}"}
    if place.type_key == DICOM:
        authentication["audiences"] = ["https://dicom.healthcareapis.azure.com/"]
    else:
        authentication |= {"audience": _address(place), "smartProxyEnabled": False}
    defaults: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
        "privateEndpointConnections": [],
    }
    authentication |= given.get("authenticationConfiguration") or {}
    properties = defaults | given | {"authenticationConfiguration": authentication}
    return {**body, "tags": body.get("tags") or {}, "properties": properties}


def _address(place: Place) -> str:
    workspace = place.above.rpartition("/")[2]
    return f"https://{workspace}-{place.name}.fhir.azurehealthcareapis.com"


def _check(place: Place, body: Body) -> None:
    """Refuse a service without a region, and a FHIR service of no known version of FHIR."""
    if not body.get("location"):
        raise Refused(400, "LocationRequired", "The location property is required.")
    if place.type_key == FHIR and body.get("kind") not in _FHIR_KINDS:
        raise Refused(400, "BadRequest", "The kind of the FHIR service is not valid.")

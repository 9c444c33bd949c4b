"""FHIR and DICOM services hold PHI by their purpose, unless the operator has released them."""

from datetime import UTC, datetime

import pytest

from drift import ids
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.estate import Baseline, Scope
from drift.model import Resource
from drift.phi.scope import scope_of

GROUP = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.HealthcareApis/workspaces/clinic"
FHIR = f"{WORKSPACE}/fhirservices/records"
DICOM = f"{WORKSPACE}/dicomservices/images"
FORMER = f"{GROUP}/providers/Microsoft.HealthcareApis/services/records"


def scope(resource_id: str, *, refused: bool = False, released: tuple[str, ...] = ()) -> Scope:
    documents = {ids.key(GROUP): 403} if refused else {}
    estate = DocumentEstate(
        documents, complete=True, baseline=Baseline(), now=datetime(2026, 12, 2, tzinfo=UTC)
    )
    return scope_of(
        Resource(resource_id, ids.type_of(resource_id), {"tags": {}}),
        estate,
        PhiScope(released=released),
    )


@pytest.mark.parametrize("service", [FHIR, DICOM, FORMER])
def test_a_health_service_without_a_tag_holds_phi(service: str) -> None:
    found = scope(service)

    assert found.phi is True
    assert found.why == "services of its type hold health records"


def test_tags_that_cannot_be_read_leave_no_doubt_about_a_health_service() -> None:
    assert scope(FHIR, refused=True).phi is True


def test_a_released_health_service_is_judged_by_its_tags() -> None:
    assert scope(FHIR, released=(ids.key(FHIR),)).phi is False


def test_a_workspace_holds_no_records_itself() -> None:
    assert scope(WORKSPACE).phi is False

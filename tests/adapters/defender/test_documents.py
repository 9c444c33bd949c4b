"""What is read by the library of Defender for Cloud: only documents that it has operations for."""

import pytest

from adapters.defender.documents import (
    AUTOMATIONS,
    PRICINGS,
    STANDARDS,
    DefenderDocument,
    document_of,
)
from tests.support.azure_fakes import GROUP, SUBSCRIPTION

SECURITY = "providers/Microsoft.Security"
NUMBER = SUBSCRIPTION.rpartition("/")[2]


@pytest.mark.parametrize(
    ("document_id", "document"),
    [
        (f"{SUBSCRIPTION}/{SECURITY}/pricings", DefenderDocument(PRICINGS, NUMBER)),
        (f"{SUBSCRIPTION}/{SECURITY}/pricings/Api", DefenderDocument(PRICINGS, NUMBER, name="Api")),
        (f"{SUBSCRIPTION}/{SECURITY}/automations/", DefenderDocument(AUTOMATIONS, NUMBER)),
        (f"{GROUP}/{SECURITY}/AUTOMATIONS", DefenderDocument(AUTOMATIONS, NUMBER, "clinic")),
        (f"{GROUP}/{SECURITY}/automations/x", DefenderDocument(AUTOMATIONS, NUMBER, "clinic", "x")),
        (
            f"{SUBSCRIPTION}/{SECURITY}/regulatoryComplianceStandards",
            DefenderDocument(STANDARDS, NUMBER),
        ),
    ],
)
def test_an_id_names_a_document_or_a_list(document_id: str, document: DefenderDocument) -> None:
    assert document_of(document_id) == document


@pytest.mark.parametrize(
    "document_id",
    [
        "",
        SUBSCRIPTION,
        f"{SUBSCRIPTION}/{SECURITY}/securityStandards",
        f"{SUBSCRIPTION}/{SECURITY}/standardAssignments/x",
        f"{SUBSCRIPTION}/{SECURITY}/automations/x",
        f"{SUBSCRIPTION}/{SECURITY}/pricings/..",
        f"{SUBSCRIPTION}/{SECURITY}/pricings/a\nb",
        f"{SUBSCRIPTION}/{SECURITY}/pricings/a/b",
        f"{GROUP}/{SECURITY}/pricings/Api",
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines/m/{SECURITY}/pricings/x",
        f"{GROUP}/{SECURITY}/regulatoryComplianceStandards/x",
    ],
)
def test_what_has_no_operation_is_left_to_the_reader_of_arm(document_id: str) -> None:
    assert document_of(document_id) is None

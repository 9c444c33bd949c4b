"""PHI scope: the deciding tags, the reads, and the meaning of a refusal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from drift import ids
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.estate import Baseline, Scope
from drift.model import Resource
from drift.phi.scope import scope_of

GUID = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
SUB = f"/subscriptions/{GUID}"
GROUP = f"{SUB}/resourceGroups/RG-Clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/scans"
DEFAULT = PhiScope()
NOT_PHI = "no PHI tag on it, the resources it belongs to, its resource group or its subscription"


class CountedEstate(DocumentEstate):
    """An estate that records its reads."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any] | int]) -> None:
        super().__init__(
            {name.lower(): each for name, each in documents.items()},
            complete=False,
            baseline=Baseline(),
            now=datetime(2026, 11, 22, tzinfo=UTC),
        )
        self.asked: list[str] = []

    def get(self, resource_id: str) -> Resource | None:
        self.asked.append(resource_id)
        return super().get(resource_id)


def account(tags: object = None) -> Resource:
    return Resource(ACCOUNT, "microsoft.storage/storageaccounts", {"id": ACCOUNT, "tags": tags})


def around(group: object = None, subscription: object = None) -> CountedEstate:
    """Return an estate of a group and a subscription with these tags; a number is a refusal."""
    return CountedEstate(
        {
            place: tags if isinstance(tags, int) else {"id": place, "tags": tags}
            for place, tags in ((GROUP, group), (SUB, subscription))
        }
    )


PHI = {"dataClassification": "phi"}
PUBLIC = {"dataClassification": "public"}


@pytest.mark.parametrize(
    ("own", "group", "subscription", "expected"),
    [
        (PHI, None, None, Scope(True, "the resource itself is tagged dataClassification=phi")),
        (PHI, 403, 403, Scope(True, "the resource itself is tagged dataClassification=phi")),
        (None, PHI, None, Scope(True, "resource group RG-Clinic is tagged dataClassification=phi")),
        (PUBLIC, PHI, None,
         Scope(True, "resource group RG-Clinic is tagged dataClassification=phi")),
        (None, PUBLIC, PHI, Scope(True, f"subscription {GUID} is tagged dataClassification=phi")),
        (None, 403, PHI, Scope(True, f"subscription {GUID} is tagged dataClassification=phi")),
        (PUBLIC, None, {}, Scope(False, NOT_PHI)),
        (None, 404, 404, Scope(False, NOT_PHI)),
        (PUBLIC, 403, None, Scope(None, "the tags of resource group RG-Clinic cannot be read")),
        (None, None, 429, Scope(None, f"the tags of subscription {GUID} cannot be read")),
        (None, 403, 403, Scope(None, f"the tags of resource group RG-Clinic and subscription {GUID}"
                                     " cannot be read")),
        ("phi", None, None, Scope(None, "the tags of the resource itself cannot be read")),
        ({"dataClassification": ["phi"]}, None, None,
         Scope(None, "the tags of the resource itself cannot be read")),
        ({"dataClassification": None}, None, {},
         Scope(False, NOT_PHI)),
        (["phi"], PHI, None,
         Scope(True, "resource group RG-Clinic is tagged dataClassification=phi")),
        (None, ["phi"], None, Scope(None, "the tags of resource group RG-Clinic cannot be read")),
    ],
)  # fmt: skip
def test_any_level_with_a_phi_tag_decides(
    own: object, group: object, subscription: object, expected: Scope
) -> None:
    assert scope_of(account(own), around(group, subscription), DEFAULT) == expected


@pytest.mark.parametrize(
    "tags",
    [
        {"DATACLASSIFICATION": "PHI"},
        {"dataclassification": "ePHI"},
        {" dataClassification ": " phi "},
        {"other": "phi", "dataClassification": "phi"},
        {"dataClassification": "public", "DataClassification": "phi"},
    ],
)
def test_tags_compare_without_regard_to_case(tags: Mapping[str, str]) -> None:
    assert scope_of(account(tags), around(), DEFAULT).phi is True


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"dataClassification": ""},
        {"dataClassification": "phi-free"},
        {"classification": "phi"},
        {"phi": "dataClassification"},
        {"dataClassification": None},
    ],
)
def test_other_tags_are_not_phi(tags: Mapping[str, object]) -> None:
    assert scope_of(account(tags), around(), DEFAULT).phi is False


def test_the_operator_names_the_tags() -> None:
    scope = PhiScope(tag_names=("Contents",), tag_values=("Patients",))

    assert scope_of(account({"contents": "patients"}), around(), scope).phi is True
    assert scope_of(account(PHI), around(), scope).phi is False


@pytest.mark.parametrize(
    ("phi", "why"),
    [
        (PhiScope(subscriptions=(GUID,)), f"its subscription {GUID} is listed as PHI"),
        (PhiScope(subscriptions=(SUB.upper(),)), f"its subscription {GUID} is listed as PHI"),
        (PhiScope(resource_groups=("rg-clinic",)),
         "its resource group RG-Clinic is listed as PHI"),
        (PhiScope(resource_groups=(GROUP.lower(),)),
         "its resource group RG-Clinic is listed as PHI"),
    ],
)  # fmt: skip
def test_what_is_listed_is_phi_without_a_read(phi: PhiScope, why: str) -> None:
    estate = around(403, 403)

    assert scope_of(account(), estate, phi) == Scope(True, why, listed=True)
    assert estate.asked == []


@pytest.mark.parametrize(
    "phi",
    [
        PhiScope(subscriptions=("1b1f6471-1bf0-4dda-aec3-cb9272f09590",)),
        PhiScope(resource_groups=("clinic", "rg", "scans", GROUP.replace("RG-", "").lower())),
    ],
)
def test_a_list_of_others_says_nothing(phi: PhiScope) -> None:
    assert scope_of(account(), around(), phi).phi is False


@pytest.mark.parametrize(
    ("own", "group", "asked"),
    [(PHI, PHI, []), (None, PHI, [GROUP]), (None, None, [GROUP, SUB])],
)
def test_nothing_is_read_that_cannot_change_the_answer(
    own: object, group: object, asked: list[str]
) -> None:
    estate = around(group)

    scope_of(account(own), estate, DEFAULT)

    assert estate.asked == asked


@pytest.mark.parametrize(("place", "asked"), [(GROUP, [SUB]), (SUB, []), ("/tenants/t", [])])
def test_a_group_or_subscription_is_not_read_to_judge_itself(place: str, asked: list[str]) -> None:
    estate = around()

    scope = scope_of(Resource(place, "", {"id": place}), estate, DEFAULT)

    assert (scope.phi, estate.asked) == (False, asked)


@pytest.mark.parametrize(
    ("tags", "phi", "expected"),
    [
        (None, DEFAULT, None),
        (PUBLIC, DEFAULT, None),
        (PHI, DEFAULT, True),
        (PUBLIC, PhiScope(released=(SUB.lower(),)), False),
        (PHI, PhiScope(released=(SUB.lower(),)), True),
        (None, PhiScope(subscriptions=(GUID,), released=(SUB.lower(),)), True),
    ],
)
def test_a_subscription_may_hold_phi_unless_the_operator_says_that_it_holds_none(
    tags: object, phi: PhiScope, expected: bool | None
) -> None:
    subscription = Resource(SUB, ids.SUBSCRIPTION, {"id": SUB, "tags": tags})

    assert scope_of(subscription, around(), phi).phi is expected

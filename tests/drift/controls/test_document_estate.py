"""The estate that ``phidrift evaluate`` and the examples use."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from drift.controls.document_estate import DocumentEstate, Documents
from drift.errors import NotGiven, Unreadable
from drift.estate import Around, Baseline
from drift.model import Resource

GROUP = "/subscriptions/5a4e/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/scans"
SERVICE = f"{ACCOUNT}/blobServices/default"
SCANS = f"{SERVICE}/containers/scans"
LOGS = f"{SERVICE}/containers/logs"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
SETTING = f"{SERVICE}/providers/Microsoft.Insights/diagnosticSettings/audit"
CONTAINERS = "blobServices/default/containers"

Ask = Callable[[DocumentEstate], object]


def estate(documents: Documents, *, complete: bool = True) -> DocumentEstate:
    return DocumentEstate(
        {name.lower(): document for name, document in documents.items()},
        complete=complete,
        baseline=Baseline(soft_delete_days=14),
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )


def names(found: tuple[Resource, ...]) -> list[str]:
    return [each.name for each in found]


def test_an_estate_of_documents_is_an_estate() -> None:
    port: Around = estate({})

    assert (port.baseline.soft_delete_days, port.now.year) == (14, 2026)


def test_get_returns_a_document_whatever_the_casing_of_the_id() -> None:
    found = estate({VAULT: {"id": VAULT, "properties": {}}}).get(VAULT.upper())

    assert found == Resource(VAULT, "microsoft.keyvault/vaults", {"id": VAULT, "properties": {}})


def test_get_names_a_document_without_an_id_by_where_it_was_given() -> None:
    found = estate({VAULT: {"properties": {}}}).get(VAULT)

    assert found is not None
    assert found.id == VAULT.lower()


@pytest.mark.parametrize("complete", [True, False])
def test_get_returns_none_where_404_is_said(complete: bool) -> None:
    assert estate({VAULT: 404}, complete=complete).get(VAULT) is None


def test_get_takes_what_a_complete_input_lacks_for_absent() -> None:
    assert estate({}).get(VAULT) is None


@pytest.mark.parametrize(
    ("ask", "documents", "complete", "why"),
    [
        (lambda at: at.get(VAULT), {}, False, "not in the input"),
        (lambda at: at.get(VAULT), {VAULT: 403}, True, "HTTP 403"),
        (lambda at: at.get(SCANS), {f"{SERVICE}/containers": 403}, True, "HTTP 403"),
        (lambda at: at.children(ACCOUNT, CONTAINERS), {}, False, "not in the input"),
        (lambda at: at.children(ACCOUNT, CONTAINERS), {f"{SERVICE}/containers": 429}, True, "429"),
        (lambda at: at.children(ACCOUNT, CONTAINERS), {f"{SERVICE}/containers": 404}, True, "404"),
        (lambda at: at.children(ACCOUNT, CONTAINERS), {SERVICE: 403}, True, "HTTP 403"),
        (lambda at: at.children(ACCOUNT, CONTAINERS), {SCANS: 403}, True, "HTTP 403"),
        (
            lambda at: at.children(ACCOUNT, CONTAINERS),
            {f"{SERVICE}/containers": {"value": "three"}},
            True,
            "no list",
        ),
        (
            lambda at: at.extensions(SERVICE, "Microsoft.Insights/diagnosticSettings"),
            {},
            False,
            "not in the input",
        ),
        (
            lambda at: at.extensions(SERVICE, "Microsoft.Insights/diagnosticSettings"),
            {SERVICE: 403},
            True,
            "HTTP 403",
        ),
    ],
)
def test_what_is_refused_or_not_given_is_unreadable(
    ask: Ask, documents: Documents, complete: bool, why: str
) -> None:
    with pytest.raises(Unreadable, match=why) as caught:
        ask(estate(documents, complete=complete))

    assert isinstance(caught.value, NotGiven) == (why == "not in the input")


def test_a_refused_subscription_or_group_hides_no_children() -> None:
    documents: Documents = {"/subscriptions/5a4e": 403, GROUP: 403, SCANS: {"id": SCANS}}

    assert names(estate(documents).children(ACCOUNT, CONTAINERS)) == ["scans"]


def test_children_of_a_complete_input_are_all_there_are() -> None:
    documents: Documents = {SCANS: {"id": SCANS}, LOGS: {"id": LOGS}, SERVICE: {"id": SERVICE}}

    assert names(estate(documents).children(ACCOUNT, CONTAINERS)) == ["scans", "logs"]


def test_a_child_said_to_be_absent_is_none_of_the_children() -> None:
    documents: Documents = {SCANS: {"id": SCANS}, LOGS: 404}

    assert names(estate(documents).children(ACCOUNT, CONTAINERS)) == ["scans"]


def test_extensions_of_an_absent_collection_are_none() -> None:
    documents: Documents = {f"{SERVICE}/providers/Microsoft.Insights/diagnosticSettings": 404}
    found = estate(documents).extensions(SERVICE, "Microsoft.Insights/diagnosticSettings")

    assert found == ()


def test_extensions_belong_to_what_they_extend_alone() -> None:
    documents: Documents = {SETTING: {"id": SETTING}}
    at = estate(documents)

    assert names(at.extensions(SERVICE, "microsoft.insights/DiagnosticSettings")) == ["audit"]
    assert at.extensions(ACCOUNT, "Microsoft.Insights/diagnosticSettings") == ()


def test_children_of_a_subscription_are_found_in_all_its_groups() -> None:
    documents: Documents = {VAULT: {"id": VAULT}, SCANS: {"id": SCANS}}
    found = estate(documents).children("/subscriptions/5A4E", "providers/Microsoft.KeyVault/vaults")

    assert names(found) == ["keys"]


def test_a_collection_given_whole_is_all_there_is_of_an_incomplete_input() -> None:
    at = estate({f"{SERVICE}/containers": {"value": [{"name": "scans"}]}}, complete=False)

    assert names(at.children(ACCOUNT, CONTAINERS)) == ["scans"]
    assert at.get(SCANS) is not None
    assert at.get(LOGS) is None


def test_a_child_given_on_its_own_says_more_than_its_line_in_the_list() -> None:
    documents: Documents = {
        f"{SERVICE}/containers": {"value": [{"id": SCANS, "name": "scans"}]},
        SCANS: {"id": SCANS, "etag": "2"},
    }
    found = estate(documents).children(ACCOUNT, CONTAINERS)

    assert [each.get("etag") for each in found] == ["2"]


@pytest.mark.parametrize(
    "documents",
    [
        {SCANS: {"id": SCANS}},
        {SCANS: {"id": SCANS}, f"{SERVICE}/containers": 403},
        {SCANS: {"id": SCANS}, LOGS: 403},
        {f"{SERVICE}/containers": {"value": [{"id": SCANS}], "nextLink": "https://next"}},
    ],
)
def test_what_is_known_of_an_unreadable_collection_comes_with_the_refusal(
    documents: Documents,
) -> None:
    with pytest.raises(Unreadable) as caught:
        estate(documents, complete=False).children(ACCOUNT, CONTAINERS)

    assert names(caught.value.partial) == ["scans"]


VAULTS = "providers/Microsoft.KeyVault/vaults"
LISTED = {f"/subscriptions/5a4e/{VAULTS}": {"value": [{"id": VAULT, "properties": {}}]}}


@pytest.mark.parametrize("complete", [True, False])
def test_an_item_of_a_list_of_the_subscription_can_be_read_by_itself(complete: bool) -> None:
    found = estate(LISTED, complete=complete).get(VAULT)

    assert found == Resource(VAULT, "microsoft.keyvault/vaults", {"id": VAULT, "properties": {}})


def test_a_refused_document_stays_refused_though_a_list_holds_it() -> None:
    with pytest.raises(Unreadable, match="HTTP 403"):
        estate({**LISTED, VAULT: 403}).get(VAULT)


@pytest.mark.parametrize("complete", [True, False])
def test_a_vault_is_found_by_its_name_in_every_subscription(complete: bool) -> None:
    found = estate(LISTED, complete=complete).get("/providers/Microsoft.KeyVault/vaults/KEYS")

    assert found is not None
    assert found.id == VAULT


def test_an_id_without_a_leading_slash_is_the_same() -> None:
    found = estate({SETTING: {"id": SETTING.lstrip("/")}}).extensions(
        SERVICE, "Microsoft.Insights/diagnosticSettings"
    )

    assert [each.id for each in found] == [SETTING]


def test_what_a_subscription_lacks_is_absent_in_no_other() -> None:
    other = VAULT.replace("5a4e", "77aa")
    found = DocumentEstate(
        {}, complete=True, lacking=frozenset({"77aa"}), baseline=Baseline(), now=datetime.now(UTC)
    )

    assert found.get(VAULT) is None
    with pytest.raises(NotGiven):
        found.get(other)
    with pytest.raises(NotGiven):
        found.get("/providers/Microsoft.KeyVault/vaults/other")

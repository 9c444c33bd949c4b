"""Defender for Cloud by its library: documents as they came, of the api-version that the controls need."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from adapters.arm.api_versions import api_version_of
from adapters.defender.reader import DefenderReader
from drift import ids
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import (
    ARM_SCOPE,
    GROUP,
    SUBSCRIPTION,
    fixed_credential,
    refusal_of,
    scripted,
)
from tests.support.production_reader import readers

SECURITY = "providers/Microsoft.Security"
PLAN = f"{SUBSCRIPTION}/{SECURITY}/pricings/StorageAccounts"
EXPORT = f"{GROUP}/{SECURITY}/automations/ToSiem"
STANDARD = f"{SUBSCRIPTION}/{SECURITY}/regulatoryComplianceStandards/HIPAA"
LISTS = (
    f"{SUBSCRIPTION}/{SECURITY}/pricings",
    f"{SUBSCRIPTION}/{SECURITY}/automations",
    f"{GROUP}/{SECURITY}/automations",
    f"{SUBSCRIPTION}/{SECURITY}/regulatoryComplianceStandards",
)


@pytest.fixture
def defender(sandbox: Sandbox) -> Iterator[DefenderReader]:
    with readers(sandbox) as found:
        yield found.defender


@pytest.mark.parametrize("document", [PLAN, EXPORT, STANDARD])
def test_a_document_has_what_a_model_would_drop_or_change(
    sandbox: Sandbox, defender: DefenderReader, document: str
) -> None:
    body = {
        "id": document,
        "name": None,
        "unheard": {"of": [1, None]},
        "properties": {"pricingTier": 7, "isEnabled": "perhaps", "state": None, "sources": "none"},
    }
    sandbox.place(body)

    assert defender.get(document).body == body
    assert sandbox.arm.requests[0].request.query == {
        "api-version": api_version_of(ids.type_of(document))
    }


@pytest.mark.parametrize("collection", LISTS)
def test_every_page_is_read_with_the_api_version_of_the_first(
    sandbox: Sandbox, defender: DefenderReader, collection: str
) -> None:
    above = GROUP if "automations" in collection else SUBSCRIPTION
    kind = collection.rpartition("/")[2]
    names = [f"{above}/{SECURITY}/{kind}/x{number}" for number in range(5)]
    sandbox.place(*({"id": name, "properties": {}} for name in names))
    sandbox.arm.page_size = 2

    listing = defender.list(collection)

    assert [each["id"] for each in listing.items or ()] == names
    asked = [seen.request.query["api-version"] for seen in sandbox.arm.requests]
    assert asked == [api_version_of(ids.type_of(collection))] * 3


def test_a_next_page_is_asked_for_by_the_query_of_its_link(sandbox: Sandbox) -> None:
    def page(request: Request) -> Answer:
        if "$skipToken" in request.query:
            return json_answer(200, {"value": []})
        path = f"https://{request.headers['host']}{request.path.upper()}"
        link = f"{path}?api-version=2019-01-01-preview&$skipToken=a%2Bb%26c%7B%7D%20d&empty="
        return json_answer(200, {"value": [], "nextLink": link})

    with scripted(sandbox, page) as arm, closing(reader_of(arm.base_url)) as defender:
        defender.list(LISTS[1])

        assert [seen.path for seen in arm.requests] == [LISTS[1]] * 2
        assert arm.requests[1].request.query == {
            "api-version": api_version_of("microsoft.security/automations"),
            "$skipToken": "a+b&c{} d",
            "empty": "",
        }


@pytest.mark.parametrize("path", ["/", LISTS[0], f"{LISTS[1]}/x", f"{LISTS[1]}/../pricings"])
def test_a_next_link_to_another_list_is_refused(sandbox: Sandbox, path: str) -> None:
    def page(request: Request) -> Answer:
        link = f"https://{request.headers['host']}{path}?$skipToken=x"
        return json_answer(200, {"value": [], "nextLink": link})

    with scripted(sandbox, page) as arm, closing(reader_of(arm.base_url)) as defender:
        error = refusal_of(lambda: defender.list(LISTS[1]))

        assert (error.code, len(arm.requests)) == ("ForeignNextLink", 1)


def test_an_odd_name_reaches_arm_as_it_is(sandbox: Sandbox) -> None:
    odd = f"{GROUP}/{SECURITY}/automations/a b?c#d%2F{{e}}ä"
    with (
        scripted(sandbox, lambda _: json_answer(200, {})) as arm,
        closing(reader_of(arm.base_url)) as defender,
    ):
        defender.get(odd)

        assert [seen.path for seen in arm.requests] == [odd]


def test_an_answer_tells_how_many_reads_are_left(sandbox: Sandbox) -> None:
    left = {"x-ms-ratelimit-remaining-subscription-reads": "41"}
    answer = Answer(status=200, headers=left, body=b'{"value": []}')
    with (
        scripted(sandbox, lambda _: answer) as arm,
        closing(reader_of(arm.base_url)) as defender,
    ):
        assert defender.get(PLAN).left == 41
        assert defender.list(LISTS[0]).left == 41


def test_what_the_library_cannot_read_is_not_asked_for(
    sandbox: Sandbox, defender: DefenderReader
) -> None:
    standards = f"{SUBSCRIPTION}/{SECURITY}/securityStandards"

    asked = (
        lambda: defender.list(standards),
        lambda: defender.list(PLAN),
        lambda: defender.get(LISTS[0]),
    )
    assert {refusal_of(ask).code for ask in asked} == {"InvalidResourceId"}
    assert sandbox.arm.count() == 0


def reader_of(endpoint: str) -> DefenderReader:
    return DefenderReader(fixed_credential(), endpoint=endpoint, scope=ARM_SCOPE)

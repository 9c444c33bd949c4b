"""The reader of ARM: raw documents, dated by Azure's clock, read with one identity."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from adapters.arm.api_versions import UnknownType
from adapters.arm.reader import ArmReader
from sandbox.http.messages import Answer, json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import (
    ACCOUNT,
    GROUP,
    NOW,
    SUBSCRIPTION,
    ReadersOf,
    refusal_of,
    scripted,
)


def test_a_document_is_read_as_it_is_and_dated_by_the_answer(
    sandbox: Sandbox, reader: ArmReader
) -> None:
    reading = reader.get(ACCOUNT)

    assert reading.body is not None
    assert reading.body["properties"] == {"minimumTlsVersion": "TLS1_2"}
    assert reading.code == ""
    assert reading.at.tzinfo is UTC
    assert abs(reading.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [seen.status for seen in sandbox.arm.requests] == [200]


@pytest.mark.parametrize(
    "resource_id", [SUBSCRIPTION, GROUP, ACCOUNT, f"{ACCOUNT}/", ACCOUNT.upper()]
)
def test_everything_from_the_subscription_down_can_be_read(
    reader: ArmReader, resource_id: str
) -> None:
    assert reader.get(resource_id).body is not None


def test_a_document_that_came_packed_and_in_chunks_is_read_as_it_is(
    sandbox: Sandbox, reader: ArmReader
) -> None:
    tags = {f"tag{number}": "ä" * 900 for number in range(200)}
    sandbox.patch(ACCOUNT, {"tags": tags})

    reading = reader.get(ACCOUNT)

    assert reading.body is not None
    assert reading.body["tags"] == tags
    assert "gzip" in sandbox.arm.requests[0].request.headers["accept-encoding"]


def test_a_request_says_who_asks_and_in_which_scope(sandbox: Sandbox, reader: ArmReader) -> None:
    reader.get(ACCOUNT)

    asked = sandbox.arm.requests[0].request
    assert asked.headers["user-agent"].startswith("phidrift")
    assert asked.query == {"api-version": "2024-01-01"}
    assert sandbox.identity.requests[0].request.query["resource"] == "https://management.azure.com"


def test_a_404_is_a_reading_with_arms_code(reader: ArmReader) -> None:
    missing = reader.get(f"{ACCOUNT}x")
    group = reader.get(f"{SUBSCRIPTION}/resourceGroups/gone")

    assert (missing.body, missing.code) == (None, "ResourceNotFound")
    assert (group.body, group.code) == (None, "ResourceGroupNotFound")


def test_a_404_without_arms_code_says_no_code(sandbox: Sandbox, reader_of: ReadersOf) -> None:
    with scripted(sandbox, lambda _: Answer(status=404, body=b"<html>")) as server:
        reading = reader_of(server.base_url).get(ACCOUNT)

    assert (reading.body, reading.code, reading.at) == (None, "", NOW)


def test_a_provider_that_is_not_registered_is_not_registered_by_a_monitor(
    sandbox: Sandbox, reader: ArmReader
) -> None:
    sandbox.arm.refuse(status=409, code="MissingSubscriptionRegistration")

    error = refusal_of(lambda: reader.get(ACCOUNT))

    assert (error.status, error.code) == (409, "MissingSubscriptionRegistration")
    assert [seen.method for seen in sandbox.arm.requests] == ["GET"]


@pytest.mark.parametrize(
    "resource_id",
    [
        "",
        "records",
        "/subscriptions",
        f"{GROUP}/providers/Microsoft.Storage/storageAccounts/../../x",
        f"{ACCOUNT}\ud800",
        f"{ACCOUNT}\nx",
        "//evil.example/x",
        "https://evil.example/subscriptions/x",
    ],
)
def test_what_is_no_id_is_not_asked_for(
    sandbox: Sandbox, reader: ArmReader, resource_id: str
) -> None:
    error = refusal_of(lambda: reader.get(resource_id))

    assert (error.status, error.code) == (400, "InvalidResourceId")
    assert sandbox.arm.count() == 0


def test_an_odd_name_reaches_arm_as_it_is(sandbox: Sandbox, reader_of: ReadersOf) -> None:
    odd = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/a b?c#d%2F{{e}}ä"
    with scripted(sandbox, lambda _: json_answer(200, {})) as arm:
        reader_of(arm.base_url).get(odd)

        assert [seen.path for seen in arm.requests] == [odd]
        assert arm.requests[0].request.query == {"api-version": "2024-05-01"}


def test_a_type_without_an_api_version_is_our_own_mistake(reader: ArmReader) -> None:
    with pytest.raises(UnknownType, match=r"microsoft\.unheard/of"):
        reader.get(f"{GROUP}/providers/Microsoft.Unheard/of/x")


def test_threads_share_the_token_but_not_the_session(sandbox: Sandbox, reader: ArmReader) -> None:
    threads = [threading.Thread(target=reader.get, args=(ACCOUNT,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sandbox.arm.count() == 4
    assert sandbox.identity.count() == 1


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("Microsoft.Authorization/roleAssignments", "atScope()"),
        ("Microsoft.PolicyInsights/remediations", None),
    ],
)
def test_only_assignments_of_a_management_group_are_asked_for_at_its_scope(
    sandbox: Sandbox, reader: ArmReader, kind: str, asked: str | None
) -> None:
    group = "/providers/Microsoft.Management/managementGroups/clinic"
    sandbox.place({"id": group, "properties": {}})
    reader.list(f"{group}/providers/{kind}")

    assert sandbox.arm.requests[-1].request.query.get("$filter") == asked

"""ARM refuses, pages, throttles and fails as the real one does."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from sandbox.arm.throttle import Bucket, Limits
from sandbox.clinic.estate import APP_GROUP, DATA, RECORDS, SUBSCRIPTION, diagnostic_setting
from sandbox.world import Sandbox
from tests.sandbox.conftest import Call

CONTAINERS = f"{RECORDS}/blobServices/default/containers"
SETTINGS = f"{RECORDS}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
INSIGHTS = "2021-05-01-preview"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{DATA}/providers/Microsoft.Storage/storageAccounts/none", "ResourceNotFound"),
        (f"{DATA}x/providers/Microsoft.Storage/storageAccounts/a", "ResourceGroupNotFound"),
        ("/subscriptions/00000000-0000-4000-8000-000000000000", "SubscriptionNotFound"),
        (f"{DATA}x", "ResourceGroupNotFound"),
        (f"{RECORDS}x/blobServices/default", "ParentResourceNotFound"),
        (f"{RECORDS}x/blobServices/default/containers", "ParentResourceNotFound"),
        (f"{CONTAINERS}/none", "ContainerNotFound"),
        (f"{APP_GROUP}/securityRules/none", "NotFound"),
        (f"{RECORDS}x/providers/Microsoft.Resources/tags/default", "ResourceNotFound"),
    ],
)
def test_a_missing_thing_is_named_by_its_own_code(call: Call, path: str, code: str) -> None:
    response = call("GET", path)

    assert (response.status_code, response.json()["error"]["code"]) == (404, code)


def test_an_extension_of_a_missing_resource_is_not_found(call: Call) -> None:
    path = SETTINGS.replace("lakesiderecords", "none")

    response = call("GET", path, INSIGHTS)

    assert response.json()["error"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "AuthenticationFailed"),
        ("Bearer nonsense", "InvalidAuthenticationToken"),
    ],
)
def test_without_a_good_token_nothing_is_answered(
    call: Call, authorization: str, code: str
) -> None:
    response = call("GET", RECORDS, headers={"Authorization": authorization})

    assert (response.status_code, response.json()["error"]["code"]) == (401, code)
    assert response.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


def test_a_token_for_another_service_is_refused(azure: Sandbox, call: Call) -> None:
    token = azure.token(azure.identity.actor, "https://api.loganalytics.io")

    response = call("GET", RECORDS, headers={"Authorization": f"Bearer {token}"})

    assert response.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"


@pytest.mark.parametrize(
    ("path", "version", "code"),
    [
        (RECORDS, "", "MissingApiVersionParameter"),
        (RECORDS, "latest", "InvalidApiVersionParameter"),
        (SETTINGS, "2024-01-01", "NoRegisteredProviderFound"),
    ],
)
def test_the_api_version_must_be_there_and_right(
    call: Call, path: str, version: str, code: str
) -> None:
    response = call("GET", path, version)

    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


def test_ids_are_found_in_any_case_and_shown_in_their_own(call: Call) -> None:
    response = call("GET", RECORDS.upper())

    assert response.json()["id"] == RECORDS


def test_every_answer_is_dated_and_numbered(call: Call) -> None:
    response = call("GET", RECORDS)

    dated = parsedate_to_datetime(response.headers["Date"])
    assert abs(dated - datetime.now(UTC)) < timedelta(seconds=5)
    assert response.headers["x-ms-request-id"]
    assert response.headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"


def test_collections_come_in_pages(azure: Sandbox, call: Call) -> None:
    azure.arm.page_size = 1
    names = []
    page = call("GET", CONTAINERS).json()
    names += [each["name"] for each in page["value"]]
    while "nextLink" in page:
        page = call("GET", page["nextLink"]).json()
        names += [each["name"] for each in page["value"]]

    assert names == ["patient-records", "referrals"]
    assert azure.arm.count("containers") == 2


def test_settings_are_listed_for_their_own_target_only(call: Call) -> None:
    listed = call("GET", SETTINGS, INSIGHTS).json()["value"]
    of_account = call("GET", SETTINGS.replace("/blobServices/default", ""), INSIGHTS).json()

    assert [each["name"] for each in listed] == ["phi-access-log"]
    assert of_account["value"] == []


def test_a_deleted_setting_is_gone_and_its_target_is_not(call: Call) -> None:
    path = f"{SETTINGS}/phi-access-log"

    assert call("DELETE", path, INSIGHTS).status_code == 200
    assert call("DELETE", path, INSIGHTS).status_code == 204
    assert call("GET", path, INSIGHTS).json()["error"]["code"] == "ResourceNotFound"
    assert call("GET", RECORDS).status_code == 200


def test_a_recreated_account_inherits_its_old_diagnostic_setting(azure: Sandbox) -> None:
    body = azure.read(RECORDS)
    azure.delete(RECORDS)
    azure.write(RECORDS, body)

    assert azure.read(diagnostic_setting(RECORDS)["id"])["properties"]["workspaceId"]


def test_tags_written_by_themselves_are_the_targets_tags(azure: Sandbox, call: Call) -> None:
    path = f"{RECORDS}/providers/Microsoft.Resources/tags/default"
    patch = {"operation": "Delete", "properties": {"tags": {"dataClassification": "phi"}}}

    response = call("PATCH", path, json=patch)

    assert response.json()["properties"]["tags"] == {"owner": "health-records"}
    assert azure.read(RECORDS)["tags"] == {"owner": "health-records"}


def test_a_container_cannot_be_opened_where_the_account_forbids_it(call: Call) -> None:
    body = {"properties": {"publicAccess": "Blob"}}

    response = call("PUT", f"{CONTAINERS}/referrals", json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (
        409,
        "PublicAccessNotPermitted",
    )


def test_a_group_in_use_cannot_be_deleted_until_it_is_detached(azure: Sandbox, call: Call) -> None:
    interface = azure.read(APP_GROUP)["properties"]["subnets"][0]["id"]

    refused = call("DELETE", APP_GROUP)
    subnet = azure.read(interface)
    del subnet["properties"]["networkSecurityGroup"]
    azure.write(interface, subnet)

    assert refused.status_code == 400
    assert "subnets" not in azure.read(APP_GROUP)["properties"]
    assert call("DELETE", APP_GROUP).status_code == 200


def test_an_empty_token_bucket_answers_429_with_a_retry_after() -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    limits = Limits(reads=Bucket(3, 0.5))
    with Sandbox(limits=limits, clock=lambda: moment) as azure:
        azure.place({"id": DATA, "name": "clinic-data"})
        headers = {"Authorization": f"Bearer {azure.token(azure.identity.actor)}"}
        url = f"{azure.arm.base_url}{DATA}?api-version=2021-04-01"
        with requests.Session() as session:
            bundle = str(azure.ca_bundle)
            answers = [
                session.get(url, headers=headers, timeout=60, verify=bundle) for _ in range(4)
            ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "2"
    assert answers[-1].json()["error"]["code"] == "SubscriptionRequestsThrottled"


def test_storage_has_its_own_limit_of_lists(azure: Sandbox, call: Call) -> None:
    azure.arm.throttle.limits = Limits(storage_lists=1)

    first, second = call("GET", CONTAINERS), call("GET", CONTAINERS)

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]["code"]) == (429, "TooManyRequests")
    assert call("GET", RECORDS).status_code == 200


def test_a_refusal_lasts_as_often_as_asked(azure: Sandbox, call: Call) -> None:
    azure.arm.refuse("storageAccounts", status=403, times=1)

    first, second = call("GET", RECORDS), call("GET", RECORDS)

    assert (first.status_code, first.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert second.status_code == 200
    assert azure.arm.count(RECORDS, status=403) == 1


def test_a_reset_or_a_cut_body_breaks_the_connection(azure: Sandbox, call: Call) -> None:
    azure.arm.reset(RECORDS)
    with pytest.raises(requests.ConnectionError):
        call("GET", RECORDS)

    azure.arm.cut(RECORDS)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        call("GET", RECORDS)

    assert call("GET", RECORDS).status_code == 200


def test_a_garbled_answer_is_no_json(azure: Sandbox, call: Call) -> None:
    azure.arm.garble(RECORDS)

    response = call("GET", RECORDS)

    assert response.status_code == 200
    assert response.text.startswith("<html>")


def test_an_update_under_way_shows_so(azure: Sandbox, call: Call) -> None:
    azure.arm.updating_seconds = 60
    azure.patch(RECORDS, {"properties": {"minimumTlsVersion": "TLS1_0"}})

    properties = call("GET", RECORDS).json()["properties"]

    assert properties["provisioningState"] == "Updating"


def test_deleting_a_group_deletes_what_is_in_it_and_says_so(azure: Sandbox, call: Call) -> None:
    call("DELETE", DATA)

    subjects = {event["subject"].lower() for event in azure.events.published}
    assert {RECORDS.lower(), DATA.lower()} <= subjects
    assert call("GET", RECORDS).json()["error"]["code"] == "ResourceGroupNotFound"


def test_subscriptions_show_their_tags(call: Call) -> None:
    body = call("GET", f"/subscriptions/{SUBSCRIPTION}").json()

    assert body["tags"] == {"company": "lakeside-clinic"}
    assert body["subscriptionId"] == SUBSCRIPTION


def test_a_fault_may_be_for_one_path_and_nothing_below_it(azure: Sandbox, call: Call) -> None:
    azure.arm.refuse(f"{RECORDS}$", status=503)

    assert call("GET", f"{RECORDS}/blobServices/default").status_code == 200
    assert call("GET", RECORDS).status_code == 503
    azure.clear()
    assert call("GET", RECORDS).status_code == 200

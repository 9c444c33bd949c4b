"""Microsoft Graph is read as documents of the tenant, in pages, and a refusal names the missing role."""

from collections.abc import Iterator

import pytest

from drift.arm import graph
from drift.ports import Reader
from sandbox.clinic.tenant import graph_object
from sandbox.core.people import TENANT
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, refusal_of
from tests.support.production_reader import readers

HOME = f"/tenants/{TENANT}"
POLICIES = f"{HOME}/providers/{graph.POLICIES}"
USER = f"{HOME}/providers/{graph.USERS}/u1"


@pytest.fixture
def every(sandbox: Sandbox) -> Iterator[Reader]:
    sandbox.place(
        *(
            graph_object("conditionalAccessPolicies", f"p{n}", {"state": "enabled"})
            for n in range(5)
        ),
        graph_object("users", "u1", {"accountEnabled": True, "mail": "u1@clinic.example"}),
    )
    with readers(sandbox) as found:
        yield found.every


def test_a_tenant_is_read_from_the_list_of_those_of_the_identity(every: Reader) -> None:
    reading = every.get(HOME)

    assert reading.body is not None
    assert (reading.body["id"], reading.body["displayName"]) == (HOME, "Lakeside Clinic")


def test_a_tenant_that_is_not_the_identitys_own_is_no_tenant_that_ended(every: Reader) -> None:
    error = refusal_of(lambda: every.get("/tenants/0b1f6471-1bf0-4dda-aec3-cb9272f09590"))

    assert (error.status, error.code) == (403, "TenantNotListed")
    assert "AZURE_TENANT_ID" in str(error)


def test_an_object_stands_in_the_properties_of_its_document(every: Reader) -> None:
    reading = every.get(f"{POLICIES}/p3")

    assert reading.body is not None
    assert reading.body["id"] == f"{POLICIES}/p3"
    assert reading.body["properties"]["state"] == "enabled"


def test_an_object_that_does_not_exist_is_a_404_with_the_code_of_graph(every: Reader) -> None:
    assert every.get(f"{POLICIES}/none").code == "Request_ResourceNotFound"


def test_every_page_of_a_list_is_read(sandbox: Sandbox, every: Reader) -> None:
    sandbox.graph.page_size = 2
    listing = every.list(POLICIES)

    assert listing.items is not None
    assert [each["id"] for each in listing.items] == [f"{POLICIES}/p{n}" for n in range(5)]
    assert sandbox.graph.count("policies") == 3


def test_a_user_shows_the_state_of_the_account_and_no_mail(every: Reader) -> None:
    reading = every.get(USER)

    assert reading.body is not None
    assert reading.body["properties"].get("accountEnabled") is True
    assert "mail" not in reading.body["properties"]


@pytest.mark.parametrize(
    ("document", "role"),
    [
        (POLICIES, "Policy.Read.All"),
        (f"{HOME}/providers/{graph.SECURITY_DEFAULTS}", "Policy.Read.All"),
        (f"{HOME}/providers/{graph.ASSIGNMENTS}", "RoleManagement.Read.Directory"),
        (f"{HOME}/providers/{graph.REVIEWS}", "AccessReview.Read.All"),
        (f"{HOME}/providers/{graph.GROUPS}/g1/{graph.MEMBERS}", "GroupMember.Read.All"),
    ],
)
def test_a_refusal_names_the_application_role_that_is_missing(
    sandbox: Sandbox, every: Reader, document: str, role: str
) -> None:
    sandbox.graph.roles.clear()
    is_list = document != f"{HOME}/providers/{graph.SECURITY_DEFAULTS}"
    error = refusal_of(lambda: every.list(document) if is_list else every.get(document))

    assert (error.status, error.code) == (403, "Authorization_RequestDenied")
    assert f"the application role {role} of Microsoft Graph" in str(error)


def test_without_a_licence_the_list_of_policies_is_empty_and_reviews_are_refused(
    sandbox: Sandbox, every: Reader
) -> None:
    sandbox.graph.licences.clear()

    assert every.list(POLICIES).items == ()
    refused = refusal_of(lambda: every.list(f"{HOME}/providers/{graph.REVIEWS}"))
    assert (refused.status, refused.code) == (403, "NoLicense")


def test_a_limit_of_graph_says_how_long_to_wait(sandbox: Sandbox, every: Reader) -> None:
    sandbox.graph.refuse(status=429, retry_after=17)

    error = refusal_of(lambda: every.list(POLICIES))

    assert (error.status, error.retry_after) == (429, 17)


def test_a_type_that_no_control_reads_is_refused_without_a_call(
    sandbox: Sandbox, every: Reader
) -> None:
    error = refusal_of(lambda: every.list(f"{HOME}/providers/microsoft.graph/unknownThings"))

    assert (error.status, sandbox.graph.count()) == (400, 0)


def test_a_document_of_arm_is_read_from_arm(sandbox: Sandbox, every: Reader) -> None:
    assert every.get(ACCOUNT).body is not None
    assert sandbox.graph.count() == 0

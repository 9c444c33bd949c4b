"""Collections of ARM: read completely or not at all, and no token is sent to another host."""

import pytest

from adapters.arm.reader import MAX_PAGES, ArmReader
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import CONTAINERS, ReadersOf, refusal_of, scripted


def test_a_list_is_read_to_its_last_page_and_dated_by_its_first(
    sandbox: Sandbox, reader: ArmReader
) -> None:
    names = [f"c{n:02}" for n in range(7)]
    sandbox.place(*({"id": f"{CONTAINERS}/{name}", "properties": {}} for name in names))
    sandbox.arm.page_size = 3

    listing = reader.list(CONTAINERS)

    assert listing.items is not None
    assert [item["id"].rpartition("/")[2] for item in listing.items] == names
    assert sandbox.arm.count("containers") == 3


def test_a_list_of_what_is_gone_is_none_with_arms_code(reader: ArmReader) -> None:
    listing = reader.list(CONTAINERS.replace("records", "gone"))

    assert (listing.items, listing.code) == (None, "ParentResourceNotFound")


def test_a_page_that_fails_fails_the_list(sandbox: Sandbox, reader: ArmReader) -> None:
    sandbox.place(*({"id": f"{CONTAINERS}/c{n}", "properties": {}} for n in range(3)))
    sandbox.arm.page_size = 2
    sandbox.arm.refuse("skiptoken", status=403)

    assert refusal_of(lambda: reader.list(CONTAINERS)).status == 403


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'"x"', b'{"error": {"code": "x"}}'], ids=lambda body: body.decode()
)
def test_a_list_that_is_no_list_is_unavailable(
    sandbox: Sandbox, reader_of: ReadersOf, body: bytes
) -> None:
    with scripted(sandbox, lambda _: Answer(status=200, body=body)) as server:
        error = refusal_of(lambda: reader_of(server.base_url).list(CONTAINERS))

    assert (error.status, error.code) == (200, "NotAnAnswerOfArm")


def test_a_next_link_to_another_host_is_never_followed(
    sandbox: Sandbox, reader_of: ReadersOf
) -> None:
    with scripted(sandbox, lambda _: json_answer(200, {"value": []})) as thief:
        page = {"value": [], "nextLink": f"{thief.base_url}{CONTAINERS}?api-version=2024-01-01"}
        with scripted(sandbox, lambda _: json_answer(200, page)) as arm:
            error = refusal_of(lambda: reader_of(arm.base_url).list(CONTAINERS))

        assert error.code == "ForeignNextLink"
        assert not thief.requests


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:{port}/x",
        "https://user@127.0.0.1:{port}/x",
        "https://127.0.0.1:{port}@evil.example/x",
        "https://127.0.0.1.evil.example:{port}/x",
        "https://127.0.0.1\\@evil.example:{port}/x",
        "https://[127.0.0.1/x",
        "//evil.example/x",
        "/relative?x=y",
        ["https://127.0.0.1:{port}/x"],
        7,
    ],
)
def test_a_next_link_that_is_not_arms_own_is_refused(
    sandbox: Sandbox, reader_of: ReadersOf, link: object
) -> None:
    def page(request: Request) -> Answer:
        port = request.headers["host"].rpartition(":")[2]
        told = link.format(port=port) if isinstance(link, str) else link
        return json_answer(200, {"value": [], "nextLink": told})

    with scripted(sandbox, page) as arm:
        error = refusal_of(lambda: reader_of(arm.base_url).list(CONTAINERS))

        assert error.code == "ForeignNextLink"
        assert len(arm.requests) == 1


def test_pages_without_end_are_unknown(sandbox: Sandbox, reader_of: ReadersOf) -> None:
    def page(request: Request) -> Answer:
        link = f"https://{request.headers['host']}{request.target}"
        return json_answer(200, {"value": [], "nextLink": link})

    with scripted(sandbox, page) as arm:
        error = refusal_of(lambda: reader_of(arm.base_url).list(CONTAINERS))

        assert error.code == "TooManyPages"
        assert len(arm.requests) == MAX_PAGES


@pytest.mark.parametrize("pages", [1, 2])
def test_a_page_of_a_list_is_waited_for_no_longer_than_it_may_take(
    sandbox: Sandbox, reader: ArmReader, pages: int
) -> None:
    sandbox.place(*({"id": f"{CONTAINERS}/c{n}", "properties": {}} for n in range(3)))
    sandbox.arm.page_size = 2
    asked: list[None] = []

    def before_page() -> float | None:
        asked.append(None)
        if len(asked) < pages:
            return None
        sandbox.arm.stall(seconds=20)
        return 0.2

    assert refusal_of(lambda: reader.list(CONTAINERS, before_page=before_page)).code == "TimedOut"
    assert len(asked) == pages


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

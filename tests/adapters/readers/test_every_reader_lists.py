"""Lists: every reader of ARM reads them whole or not at all, and sends no token to another host."""

import pytest

from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.adapters.readers.reader_kinds import Opened, ReaderKind, ReadersOf
from tests.support.azure_fakes import refusal_of, scripted


def test_a_list_is_read_to_its_last_page_and_dated_by_its_first(
    sandbox: Sandbox, reader: Opened, kind: ReaderKind
) -> None:
    names = [f"c{n:02}" for n in range(7)]
    sandbox.place(*({"id": f"{kind.collection}/{name}", "properties": {}} for name in names))
    sandbox.arm.page_size = 3

    listing = reader.list(kind.collection)

    assert listing.items is not None
    assert [item["id"].rpartition("/")[2] for item in listing.items] == names
    assert sandbox.arm.count(kind.collection) == 3


def test_a_list_of_what_is_gone_is_none_with_arms_code(reader: Opened, kind: ReaderKind) -> None:
    listing = reader.list(kind.gone)

    assert (listing.items, listing.code.endswith("NotFound")) == (None, True)


def test_a_page_that_fails_fails_the_list(
    sandbox: Sandbox, reader: Opened, kind: ReaderKind
) -> None:
    sandbox.place(*({"id": f"{kind.collection}/c{n}", "properties": {}} for n in range(3)))
    sandbox.arm.page_size = 2
    sandbox.arm.refuse("skiptoken", status=403)

    assert refusal_of(lambda: reader.list(kind.collection)).status == 403


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'"x"', b'{"error": {"code": "x"}}'], ids=lambda body: body.decode()
)
def test_a_list_that_is_no_list_is_unavailable(
    sandbox: Sandbox, reader_of: ReadersOf, body: bytes, kind: ReaderKind
) -> None:
    with scripted(sandbox, lambda _: Answer(status=200, body=body)) as server:
        error = refusal_of(lambda: reader_of(server.base_url).list(kind.collection))

    assert (error.status, error.code) == (200, "NotAnAnswerOfArm")


def test_a_next_link_to_another_host_is_never_followed(
    sandbox: Sandbox, reader_of: ReadersOf, kind: ReaderKind
) -> None:
    with scripted(sandbox, lambda _: json_answer(200, {"value": []})) as thief:
        page = {
            "value": [],
            "nextLink": f"{thief.base_url}{kind.collection}?api-version=2024-01-01",
        }
        with scripted(sandbox, lambda _: json_answer(200, page)) as arm:
            error = refusal_of(lambda: reader_of(arm.base_url).list(kind.collection))

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
    sandbox: Sandbox, reader_of: ReadersOf, link: object, kind: ReaderKind
) -> None:
    def page(request: Request) -> Answer:
        port = request.headers["host"].rpartition(":")[2]
        told = link.format(port=port) if isinstance(link, str) else link
        return json_answer(200, {"value": [], "nextLink": told})

    with scripted(sandbox, page) as arm:
        error = refusal_of(lambda: reader_of(arm.base_url).list(kind.collection))

        assert error.code == "ForeignNextLink"
        assert len(arm.requests) == 1


@pytest.mark.parametrize("pages", [1, 2])
def test_a_page_of_a_list_is_waited_for_no_longer_than_it_may_take(
    sandbox: Sandbox, reader: Opened, pages: int, kind: ReaderKind
) -> None:
    sandbox.place(*({"id": f"{kind.collection}/c{n}", "properties": {}} for n in range(3)))
    sandbox.arm.page_size = 2
    asked: list[None] = []

    def before_page() -> float | None:
        asked.append(None)
        if len(asked) < pages:
            return None
        sandbox.arm.stall(seconds=20)
        return 0.2

    assert (
        refusal_of(lambda: reader.list(kind.collection, before_page=before_page)).code == "TimedOut"
    )
    assert len(asked) == pages

"""Resource Graph: complete pages or none, and only of the requested subscription."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from adapters.arm.inventory import ResourceGraph
from adapters.arm.reader import ArmReader
from adapters.azure_http.policies import quota_resets_of
from drift import ids
from drift.errors import SourceUnavailable
from drift.ports import Page
from sandbox.core.people import MONITOR
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, ReadersOf, refusal_of, scripted

SUBSCRIPTION = ids.subscription_of(ACCOUNT)
GROUP = ids.group_of(ACCOUNT)
ELSEWHERE = "11111111-2222-3333-4444-555555555555"
TYPES = ("microsoft.storage/storageaccounts",)


@pytest.fixture
def graph(sandbox: Sandbox, reader: ArmReader) -> ResourceGraph:
    """Return the production adapter over the sandbox, with three accounts in it."""
    for name in ("scans", "visits"):
        sandbox.place({"id": ACCOUNT.replace("records", name), "properties": {"open": True}})
    return ResourceGraph(reader, endpoint=sandbox.arm.base_url)


def pages_of(graph: ResourceGraph, *, size: int) -> Iterator[Page]:
    after = ""
    while True:
        page = graph.page(SUBSCRIPTION, TYPES, after=after, size=size)
        yield page
        after = page.after
        if not after:
            return


def everything(graph: ResourceGraph, *, size: int) -> list[Mapping[str, Any]]:
    return [row for page in pages_of(graph, size=size) for row in page.rows]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_every_resource_of_a_type_is_listed_once_in_the_order_of_their_ids(
    graph: ResourceGraph, size: int
) -> None:
    names = [str(row["name"]) for row in everything(graph, size=size)]

    assert names == ["records", "scans", "visits"]


def test_a_row_shows_what_resource_graph_shows(graph: ResourceGraph) -> None:
    row = everything(graph, size=10)[1]

    assert row["type"] == "microsoft.storage/storageaccounts"
    assert row["properties"] == {"open": 1}


def test_groups_and_subscriptions_are_a_table_of_their_own(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    sandbox.place({"id": GROUP, "name": "clinic", "tags": {"dataClassification": "phi"}})
    page = graph.page(SUBSCRIPTION, (ids.GROUP, ids.SUBSCRIPTION))
    tags = graph.tags(SUBSCRIPTION, (GROUP.rpartition("/")[2].lower(), "another"))

    assert {ids.key(str(row["id"])) for row in page.rows} >= {
        f"/subscriptions/{SUBSCRIPTION}",
        ids.key(GROUP),
    }
    assert [row.get("tags") for row in tags.rows if ids.key(str(row["id"])) == ids.key(GROUP)] == [
        {"dataClassification": "phi"}
    ]


def test_the_tags_of_a_group_come_with_who_manages_it(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    """A control that read the group uses the row as its complete content."""
    sandbox.place({"id": GROUP, "name": "clinic", "managedBy": "/subscriptions/another"})
    tags = graph.tags(SUBSCRIPTION, ("clinic",))
    managers = {ids.type_of(str(row["id"])): row["managedBy"] for row in tags.rows}

    assert managers == {ids.GROUP: "/subscriptions/another", ids.SUBSCRIPTION: ""}


def test_a_type_that_could_be_a_query_is_left_out(graph: ResourceGraph) -> None:
    page = graph.page(SUBSCRIPTION, (*TYPES, "x' or 'a' =~ 'a"))

    assert len(page.rows) == 3


def test_a_quota_that_is_used_up_says_for_how_long(sandbox: Sandbox, graph: ResourceGraph) -> None:
    sandbox.resource_graph.quota = 1
    graph.page(SUBSCRIPTION, TYPES)
    with pytest.raises(SourceUnavailable) as refused:
        graph.page(SUBSCRIPTION, TYPES)

    assert refused.value.status == 429
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 5


def test_an_answer_that_was_cut_off_is_no_answer(sandbox: Sandbox, graph: ResourceGraph) -> None:
    sandbox.resource_graph.truncates = True
    with pytest.raises(SourceUnavailable, match="ResultTruncated"):
        graph.page(SUBSCRIPTION, TYPES, size=1)


def weigh(sandbox: Sandbox, name: str, size: int) -> None:
    """Make the row of an account so large."""
    sandbox.place({"id": ACCOUNT.replace("records", name), "properties": {"text": "x" * size}})


def test_a_page_that_is_too_large_is_asked_for_in_halves(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    sandbox.resource_graph.most_bytes = 5000
    for name in ("a", "b", "m", "s", "x", "y", "z"):
        weigh(sandbox, name, 2000)
    names = [str(row["name"]) for row in everything(graph, size=100)]

    assert names == sorted(["records", "scans", "visits", *"abmsxyz"])


def test_one_row_that_is_too_large_is_named_and_the_list_goes_on(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    sandbox.resource_graph.most_bytes = 5000
    weigh(sandbox, "huge", 6000)
    for number in range(20):
        weigh(sandbox, f"small{number:02}", 10)
    pages = list(pages_of(graph, size=8))
    rows = [str(row["name"]) for page in pages for row in page.rows]
    unreadable = [each for page in pages for each in page.unreadable]

    assert unreadable == [ACCOUNT.replace("records", "huge")]
    assert rows == sorted(
        ["records", "scans", "visits", *(f"small{number:02}" for number in range(20))]
    )


def test_after_a_halved_page_the_pages_grow_to_their_size_again(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    sandbox.resource_graph.most_bytes = 5000
    weigh(sandbox, "a", 6000)
    for number in range(60):
        weigh(sandbox, f"small{number:02}", 1)
    sizes = [len(page.rows) for page in pages_of(graph, size=8)]

    assert sizes[:5] == [0, 2, 4, 8, 8]


def test_a_token_that_has_expired_is_replaced_by_the_offset(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    first = graph.page(SUBSCRIPTION, TYPES, size=1)
    offset, size, _ = first.after.split(":", 2)
    second = graph.page(SUBSCRIPTION, TYPES, after=f"{offset}:{size}:expired", size=1)

    assert [str(row["name"]) for row in second.rows] == ["scans"]


def test_a_limit_in_the_middle_of_a_halved_page_is_a_limit(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    sandbox.resource_graph.most_bytes = 1
    sandbox.resource_graph.quota = 2
    with pytest.raises(SourceUnavailable) as refused:
        graph.page(SUBSCRIPTION, TYPES, size=8)

    assert refused.value.status == 429
    assert refused.value.retry_after is not None


def test_a_malformed_row_is_named_and_the_list_goes_on(
    sandbox: Sandbox, reader_of: ReadersOf
) -> None:
    good, bad = ACCOUNT, ACCOUNT.replace("records", "scans")

    def answer(request: Request) -> Answer:
        asked = request.json()
        options, only_ids = asked["options"], "project id\n" in asked["query"]
        at = int(options.get("$skip", 0))
        rows = [{"id": good}, {"id": bad}, {"id": f"{good}z"}][at : at + options["$top"]]
        shown = [each if only_ids or each["id"] != bad else "a row" for each in rows]
        body = {"data": shown, "count": len(shown), "totalRecords": 3}
        return json_answer(200, body | ({"$skipToken": "t"} if at + len(rows) < 3 else {}))

    with scripted(sandbox, answer) as server:
        graph = ResourceGraph(reader_of(server.base_url), endpoint=server.base_url)
        pages = list(pages_of(graph, size=2))

    assert [each for page in pages for each in page.unreadable] == [bad]
    assert [row["id"] for page in pages for row in page.rows] == [good, f"{good}z"]


def test_arms_own_list_names_every_group(sandbox: Sandbox, graph: ResourceGraph) -> None:
    sandbox.place({"id": GROUP, "name": "clinic"})

    assert [ids.key(each) for each in graph.groups(SUBSCRIPTION)] == [ids.key(GROUP)]


def test_a_role_that_is_not_effective_in_resource_graph_shows_nothing_there(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    """ARM's own list is what tells that from an empty subscription."""
    sandbox.place({"id": GROUP, "name": "clinic"})
    sandbox.arm.roles.assign(MONITOR, f"/subscriptions/{SUBSCRIPTION}", graph_after=3600)

    assert [ids.key(each) for each in graph.groups(SUBSCRIPTION)] == [ids.key(GROUP)]
    assert graph.page(SUBSCRIPTION, (ids.GROUP,)).rows == ()
    assert graph.page(SUBSCRIPTION, TYPES).rows == ()


def test_groups_are_not_listed_where_the_subscription_does_not_answer(
    sandbox: Sandbox, graph: ResourceGraph
) -> None:
    sandbox.arm.roles.assign(MONITOR, f"/subscriptions/{SUBSCRIPTION}", arm_after=600)
    refused = refusal_of(lambda: graph.groups(SUBSCRIPTION))

    assert (refused.status, refused.code) == (403, "AuthorizationFailed")


def test_a_subscription_that_may_not_be_read_is_refused_by_name(graph: ResourceGraph) -> None:
    with pytest.raises(SourceUnavailable, match="NoValidSubscriptions"):
        graph.page("00000000-0000-4000-8000-000000000000", TYPES)


def test_a_page_that_is_gone_is_refused(graph: ResourceGraph) -> None:
    with pytest.raises(SourceUnavailable, match="InvalidSkipToken"):
        graph.page(SUBSCRIPTION, TYPES, after="nonsense")


@pytest.mark.parametrize(
    "answer",
    [
        {"count": 0, "totalRecords": 0},
        {"data": "none", "count": 0, "totalRecords": 0},
        {"data": [], "count": 3, "totalRecords": 3},
        {"data": [{"id": "no id"}], "count": 1, "totalRecords": 1},
        {"data": [{"id": ACCOUNT.replace(SUBSCRIPTION, "0" * 8)}], "count": 1, "totalRecords": 1},
        {"data": [], "count": 0, "totalRecords": 5},
        {"data": [], "count": 0, "totalRecords": 0, "resultTruncated": "true"},
        [],
    ],
)
def test_what_is_no_answer_of_resource_graph_proves_nothing(
    sandbox: Sandbox, reader_of: ReadersOf, answer: object
) -> None:
    with scripted(sandbox, lambda _: json_answer(200, answer)) as server:
        graph = ResourceGraph(reader_of(server.base_url), endpoint=server.base_url)
        refusal_of(lambda: graph.page(SUBSCRIPTION, TYPES))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("00:00:05", 5.0), ("01:00:01", 3600.0), ("", None), ("5", None), ("a:b:c", None)],
)
def test_the_quota_says_when_it_is_whole_again(header: str, seconds: float | None) -> None:
    assert quota_resets_of({"x-ms-user-quota-resets-after": header}) == seconds


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_arms_own_list_has_every_resource(
    sandbox: Sandbox, graph: ResourceGraph, size: int
) -> None:
    sandbox.arm.page_size = size
    names = sorted(each.rpartition("/")[2] for each in graph.members(SUBSCRIPTION))

    assert names == ["records", "scans", "visits"]


def test_a_subscription_that_is_not_there_has_no_list(graph: ResourceGraph) -> None:
    refused = refusal_of(lambda: graph.members(ELSEWHERE))

    assert (refused.status, refused.code) == (404, "SubscriptionNotFound")


@pytest.mark.parametrize("named", [ACCOUNT.replace(SUBSCRIPTION, ELSEWHERE), None, 7])
def test_a_list_that_names_what_is_not_in_it_proves_nothing(
    sandbox: Sandbox, reader_of: ReadersOf, named: object
) -> None:
    with scripted(sandbox, lambda _: json_answer(200, {"value": [{"id": named}]})) as server:
        graph = ResourceGraph(reader_of(server.base_url), endpoint=server.base_url)
        refusal_of(lambda: graph.members(SUBSCRIPTION))

"""``phidrift evaluate``: the input of verdicts: related resources, tags, refusals, settings."""

import json
from dataclasses import replace
from typing import Any

import pytest

from detectors.evidence import evidence
from drift import ids
from drift.config.model import Config, PhiScope
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Outcome, Resource, Severity, Verdict
from tests.support.evaluate_input import (
    ACCOUNT,
    CONTAINERS,
    DOOR,
    GROUP,
    PHI,
    PRIVATE,
    Ask,
    FakeDetector,
    account,
    container,
    control,
)

ELSEWHERE = "/subscriptions/77aa0f3c-52d1-4a0b-8c1e-6e9f0d3b2c55"


@pytest.mark.parametrize(
    ("related", "complete", "outcome"),
    [
        ([], False, "unknown"),
        ([], True, "pass"),
        ([container()], True, "pass"),
        ([container("Container")], True, "fail"),
        ([{"id": CONTAINERS, "value": [container()]}], False, "pass"),
        ([{"id": CONTAINERS, "value": [container("container")]}], False, "fail"),
        ([{"id": CONTAINERS, "status": 403}], True, "unknown"),
        ([{"id": CONTAINERS, "status": 403}], False, "unknown"),
        ([container(), {"id": CONTAINERS + "/b", "status": 500}], True, "unknown"),
        ([container(), container("Container")], True, "unknown"),
    ],
)
@pytest.mark.parametrize("form", ["case", "bodies"])
def test_what_is_not_in_the_input_is_absent_only_if_it_is_complete(
    ask: Ask, related: list[dict[str, Any]], complete: bool, outcome: str, form: str
) -> None:
    bodies = [account(), *related]
    given: object = {"resource": bodies[0], "related": related} if form == "case" else bodies

    answer = ask(given, PRIVATE, complete=complete)

    assert answer.outcomes == [outcome]


def test_two_different_bodies_of_one_id_are_reported(ask: Ask) -> None:
    (line,) = ask([account(), container(), container("Container")], PRIVATE, complete=True).lines

    assert line["outcome"] == "unknown"
    assert line["reason"].endswith("/containers/scans: it is given twice, with different content.")


def test_cases_are_evaluated_independently(ask: Ask) -> None:
    first = {"case": 1, "resource": account(), "related": [container("Container")]}
    second = {"case": 2, "resource": account(), "related": [container()]}

    answer = ask([first, second, account()], PRIVATE, complete=True)

    assert [(each["case"], each["outcome"]) for each in answer.lines] == [
        (1, "fail"),
        (2, "pass"),
        (None, "pass"),
    ]


def test_the_same_id_twice_is_judged_twice_by_what_each_body_says(ask: Ask) -> None:
    answer = ask([account(open=True), account(open=False)])

    assert answer.outcomes == ["fail", "pass"]


def shows(**properties: Any) -> dict[str, Any]:
    """Return a body that shows the account whole."""
    kind = "Microsoft.Storage/storageAccounts"
    shown = {"id": ACCOUNT, "type": kind, "properties": properties}
    return {"id": f"{GROUP}/providers/Microsoft.Example/others/o", "properties": {"it": shown}}


@pytest.mark.parametrize(
    ("own", "other", "outcome"),
    [(False, True, "unknown"), (True, False, "unknown"), (True, True, "fail"), (False, 0, "pass")],
)
@pytest.mark.parametrize("form", ["list", "expanded"])
def test_a_resource_that_another_body_contradicts_is_unknown(
    ask: Ask, own: bool, other: object, outcome: str, form: str
) -> None:
    accounts = (
        f"{GROUP.partition('/resourceGroups')[0]}/providers/Microsoft.Storage/storageAccounts"
    )
    items = {"id": accounts, "value": [{"id": ACCOUNT, "properties": {"open": other}}]}

    answer = ask([account(open=own), items if form == "list" else shows(open=other)])

    assert answer.outcomes == [outcome]


def test_a_failure_that_both_bodies_show_stays_one(ask: Ask) -> None:
    answer = ask(
        [account(open=True, minimumTlsVersion="TLS1_2"), shows(minimumTlsVersion="TLS1_0")]
    )

    assert answer.outcomes == ["fail"]


@pytest.mark.parametrize("bad", ["nonsense", json.dumps({"id": CONTAINERS + "/c"})])
def test_bodies_are_not_complete_when_a_line_could_not_be_read(ask: Ask, bad: str) -> None:
    answer = ask(f"{json.dumps(account())}\n{bad}", PRIVATE, complete=True)

    assert (answer.code, answer.outcomes) == (2, ["unknown"])


@pytest.mark.parametrize("tail", ["", "broken"])
def test_a_bad_line_of_another_subscription_leaves_this_one_complete(ask: Ask, tail: str) -> None:
    other = ELSEWHERE + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
    bad = json.dumps({"id": other}) + tail
    answer = ask(f"{json.dumps(account())}\n{bad}", PRIVATE, complete=True)

    assert (answer.code, answer.outcomes) == (2, ["pass"])


@pytest.mark.parametrize(
    ("group", "subscription", "phi", "severity"),
    [
        ({"tags": PHI}, {"tags": {}}, True, "critical"),
        ({"tags": {}}, {"tags": {}}, False, "high"),
        ({"status": 403}, {"tags": {}}, None, "critical"),
        (None, None, None, "critical"),
    ],
)
def test_phi_tags_are_inherited_and_unprovable_ones_are_said_so(
    ask: Ask,
    group: dict[str, Any] | None,
    subscription: dict[str, Any] | None,
    phi: bool | None,
    severity: str,
) -> None:
    places = ((GROUP, group), (GROUP.partition("/resourceGroups")[0], subscription))
    related = [{"id": place, **body} for place, body in places if body]
    untagged = {"id": ACCOUNT, "properties": {"open": True}}

    (line,) = ask({"resource": untagged, "related": related}).lines

    assert (line["phi"], line["severity"]) == (phi, severity)
    assert ("treated as PHI" in line["reason"]) is (phi is None)


def test_a_resource_that_no_control_judges_prints_nothing(ask: Ask) -> None:
    answer = ask(
        [
            {"id": f"{GROUP}/providers/Microsoft.Compute/disks/d", "properties": {}},
            {"id": GROUP, "tags": {}},
            {"id": "/tenants/t"},
            {"id": CONTAINERS, "value": []},
            {"id": CONTAINERS, "status": 403},
            {"id": f"{ACCOUNT}x", "status": 404},
        ]
    )

    assert (answer.code, answer.lines) == (0, [])
    assert "no control applies" in answer.complaints[0]


def test_a_resource_that_could_not_be_read_is_unknown_to_every_control(ask: Ask) -> None:
    refused = {"id": f"{ACCOUNT}x", "status": 403}

    answer = ask([account(open=False), refused], DOOR, PRIVATE, complete=True)

    assert (answer.code, answer.outcomes) == (1, ["pass", "pass", "unknown", "unknown"])
    assert (answer.lines[2]["phi"], answer.lines[2]["severity"]) == (None, None)
    assert (
        "HTTP 403. PHI status unknown (its tags cannot be read); treated as PHI."
        in answer.lines[2]["reason"]
    )


def test_a_control_that_is_off_says_nothing_of_what_could_not_be_read(ask: Ask) -> None:
    config = Config(disabled=frozenset({"DOOR"}))

    assert ask({"id": ACCOUNT, "status": 403}, config=config).lines == []


def test_an_id_with_a_slash_at_its_end_is_the_same_id(ask: Ask) -> None:
    service = {"id": f"{ACCOUNT}/blobServices/default", "properties": {}}
    reads = FakeDetector(
        control("READS"),
        lambda resource, estate: Verdict(
            Outcome.PASS if estate.get(f"{resource.id}/blobServices/default") else Outcome.FAIL, "x"
        ),
    )

    answer = ask([account(f" {ACCOUNT}/"), service], reads, complete=True)

    assert (answer.outcomes, answer.lines[0]["resourceId"]) == (["pass"], ACCOUNT)


def test_conditional_access_policies_are_taken_without_an_arm_id(ask: Ask) -> None:
    policy = {"id": "0a1b", "type": "microsoft.graph/conditionalAccessPolicies", "state": "enabled"}

    answer = ask({"resource": {"id": "/tenants/t"}, "related": [policy]})

    assert answer.code == 0


@pytest.mark.parametrize(
    "policy",
    [
        {"id": "0a1b", "type": "microsoft.graph/conditionalAccessPolicies"},
        {"id": "/identity/conditionalAccess/policies/0a1b"},
        {"id": "https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies/0a1b"},
        {"id": "/tenants/t/providers/microsoft.graph/conditionalAccessPolicies/0a1b"},
    ],
    ids=["its own id and a type", "its path", "its address", "the id of the document"],
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_an_object_of_graph_is_found_however_it_is_named(
    ask: Ask, policy: dict[str, Any], wrapped: bool
) -> None:
    state = {"state": "enabled"}
    reads = FakeDetector(replace(control("READS"), watches={ids.TENANT: ()}), _state_of_the_policy)
    related = {**policy, **({"properties": state} if wrapped else state)}

    answer = ask({"resource": {"id": "/tenants/t"}, "related": [related]}, reads, complete=True)

    assert answer.lines[0]["evidence"][0]["value"] == "enabled"


def test_a_list_as_graph_answers_it_is_taken_whole(ask: Ask) -> None:
    reads = FakeDetector(replace(control("READS"), watches={ids.TENANT: ()}), _state_of_the_policy)
    listed = {
        "id": "/v1.0/identity/conditionalAccess/policies",
        "value": [{"id": "0a1b", "state": "disabled"}],
    }

    answer = ask([{"id": "/tenants/t"}, listed], reads)

    assert answer.lines[0]["evidence"][0]["value"] == "disabled"


def test_a_refusal_of_graph_names_the_role_that_is_missing(ask: Ask) -> None:
    reads = FakeDetector(replace(control("READS"), watches={ids.TENANT: ()}), _state_of_the_policy)
    refused = {"id": "/identity/conditionalAccess/policies", "status": 403}

    answer = ask({"resource": {"id": "/tenants/t"}, "related": [refused]}, reads)

    assert answer.outcomes == ["unknown"]
    assert "Policy.Read.All" in answer.lines[0]["reason"]


def _state_of_the_policy(tenant: Resource, estate: Estate) -> Verdict:
    [policy] = estate.children(tenant.id, "providers/microsoft.graph/conditionalAccessPolicies")
    return Verdict(Outcome.FAIL, "as asked", (evidence(policy, "properties.state"),))


def test_a_control_that_raises_is_unknown_and_takes_no_other_along(ask: Ask) -> None:
    def broken(resource: Resource, _: Estate) -> Verdict:
        raise KeyError(resource.id)

    answer = ask(account(open=False), FakeDetector(control("BROKEN"), broken), DOOR)

    assert (answer.code, answer.outcomes) == (1, ["unknown", "pass"])


def test_the_operators_settings_apply(ask: Ask) -> None:
    config = Config(severities={"DOOR": Severity.LOW}, phi=PhiScope(tag_names=("other",)))

    (line,) = ask(account(open=True), config=config, complete=True).lines

    assert (line["severity"], line["phi"]) == ("low", False)
    assert ask(account(open=True), config=replace(config, disabled=frozenset({"DOOR"}))).code == 0


def test_an_unreadable_reason_names_what_could_not_be_read(ask: Ask) -> None:
    def blind(resource: Resource, _: Estate) -> Verdict:
        raise Unreadable("properties.open", "HTTP 403")

    (line,) = ask(account(), FakeDetector(control("BLIND"), blind)).lines

    assert "properties.open: HTTP 403" in line["reason"]

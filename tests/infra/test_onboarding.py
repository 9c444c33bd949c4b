"""The policy that onboards subscriptions deploys what the events layer does, and may do no more."""

import json
from collections.abc import Iterator
from typing import Any

from tests.infra.predicted import GROUP, ROOT, Body, of_type, only, resources, scope_of
from tools.infra.embedded import unstamped

MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/clinic"
DEPLOYED = ("Microsoft.Resources/resourceGroups", "Microsoft.EventGrid/")
DEAD_LETTERS = "deadLetterWithResourceIdentity"
NEEDED_BESIDE = {
    "Microsoft.Resources/deployments/*",
    "Microsoft.EventGrid/register/action",  # in a subscription without this resource provider
    "Microsoft.EventGrid/eventSubscriptions/read",  # on the source of a topic
    "Microsoft.EventGrid/eventSubscriptions/write",
    "Microsoft.ResourceNotifications/systemTopics/subscribeToResources/action",
}
"""What the deployment needs beside reading and writing the resources of its template."""


def details() -> Body:
    """Return what the policy deploys, and where."""
    rule = only("onboarding", "Microsoft.Authorization/policyDefinitions")["properties"]
    found: Body = rule["policyRule"]["then"]["details"]
    return found


def template() -> Body:
    """Return the committed template."""
    text = (ROOT / "infra/onboarding/subscription.json").read_text(encoding="utf-8")
    found: Body = json.loads(text)
    return found


def without_dead_letters(resource: Body) -> Body:
    """Return a resource without its dead letters, and the identity that writes them."""
    properties = {
        name: each for name, each in resource["properties"].items() if name != DEAD_LETTERS
    }
    return {
        **{name: each for name, each in resource.items() if name != "identity"},
        "properties": properties,
    }


def in_the_first_subscription(found: tuple[Body, ...]) -> dict[str, Body]:
    """Return the groups, topics and deliveries of one subscription by id."""
    return {
        each["id"]: without_dead_letters(each)
        for each in found
        if each["id"].startswith("/subscriptions/1111") and each["type"].startswith(DEPLOYED)
    }


def names(value: Any) -> Iterator[str]:
    """Yield the name of every property below a value."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from names(each)
    elif isinstance(value, list):
        for each in value:
            yield from names(each)


def test_the_template_of_the_policy_deploys_what_the_events_layer_does() -> None:
    by_policy = in_the_first_subscription(resources("onboarding", "subscription"))

    assert by_policy == in_the_first_subscription(resources("events"))
    assert len(by_policy) == len(resources("onboarding", "subscription")) == 7


def test_the_policy_holds_the_compiled_template() -> None:
    assert details()["deployment"]["properties"]["template"] == template()


def test_the_template_has_the_form_that_azure_policy_is_known_to_accept() -> None:
    assert set(names(template())) & {"languageVersion", "_generator", "definitions"} == set()


def test_the_policy_gives_each_parameter_that_the_snapshot_of_the_template_has() -> None:
    text = (ROOT / "infra/onboarding/subscription.bicepparam").read_text(encoding="utf-8")
    given = details()["deployment"]["properties"]["parameters"]

    assert set(given) == set(template()["parameters"])
    for each in given.values():
        assert f"= '{each['value']}'\n" in text


def test_a_subscription_counts_as_onboarded_by_a_delivery_that_the_template_makes() -> None:
    topic, _, delivery = details()["name"].partition("/")
    id_ = (
        f"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/{details()['resourceGroupName']}"
        f"/providers/Microsoft.EventGrid/systemTopics/{topic}/eventSubscriptions/{delivery}"
    )

    assert id_ in in_the_first_subscription(resources("onboarding", "subscription"))


def test_the_policy_may_write_what_its_template_has_and_nothing_else() -> None:
    role = only("onboarding", "Microsoft.Authorization/roleDefinitions")
    [permission] = role["properties"]["permissions"]
    kinds = {
        each["type"].replace("Resources/resource", "Resources/subscriptions/resource")
        for each in resources("onboarding", "subscription")
    }

    needed = {f"{kind}/{verb}" for kind in kinds for verb in ("read", "write")}
    assert set(permission) == {"actions"}
    assert set(permission["actions"]) == needed | NEEDED_BESIDE
    assert details()["roleDefinitionIds"] == [
        f"/providers/Microsoft.Authorization/roleDefinitions/{role['name']}"
    ]


def test_the_app_reads_below_the_management_group_and_the_policy_names_the_app_as_destination() -> (
    None
):
    assigned = {
        (scope_of(each), each["properties"]["roleDefinitionId"].rpartition("/")[2])
        for each in of_type("onboarding", "Microsoft.Authorization/roleAssignments")
    }

    role = only("onboarding", "Microsoft.Authorization/roleDefinitions")["name"]
    assert assigned == {
        (MANAGEMENT_GROUP, role),
        (MANAGEMENT_GROUP, "acdd72a7-3385-48ef-bd42-f606fba81ae7"),  # Reader
        (
            f"{GROUP}/providers/Microsoft.Web/sites/func-snapshot",
            "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",  # EventGrid EventSubscription Contributor
        ),
    }


def test_the_stamp_of_the_compiler_is_left_out_and_other_metadata_stays() -> None:
    stamp = {"_generator": {"name": "bicep", "version": "1"}}
    described = {"type": "string", "metadata": {"description": "the region"}}
    compiled = {"metadata": stamp, "resources": [{"template": {"metadata": stamp}}], "p": described}

    assert unstamped(compiled) == {"resources": [{"template": {}}], "p": described}

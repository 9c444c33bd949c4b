"""The events that are delivered: everything that a control watches, within what Event Grid takes."""

import json
from typing import Any

import pytest

from detectors import DETECTORS
from drift.events import ASSESSED, DELETED, WRITTEN
from drift.intake.event_topics import (
    CHANGES,
    MOST_VALUES,
    PAYLOADS,
    WITHOUT_WRITES,
    prefixes,
)
from drift.intake.targets import TAGS, Watched
from tests.infra.predicted import ROOT, Body, of_type
from tools.infra.topics import rendered

WATCHED = Watched.by(each.CONTROL for each in DETECTORS)
TOPICS: list[dict[str, Any]] = json.loads(rendered())


def filtered(kind: str) -> list[str]:
    """Return the prefixes of one topic."""
    [topic] = [each for each in TOPICS if each["topicType"] == kind]
    return [value for each in topic["advancedFilters"] for value in each["values"]]


def subscribers() -> dict[str, Body]:
    """Return the properties of each event subscription by the subscription and name of its topic."""
    found = of_type("events", "Microsoft.EventGrid/systemTopics/eventSubscriptions")
    return {
        f"{each['id'].split('/')[2][:4]} {each['id'].split('/')[8]}": each["properties"]
        for each in found
    }


def test_the_committed_filters_are_those_of_the_controls() -> None:
    """Run `make infra-snapshots` after a change of what a control watches."""
    assert (ROOT / "infra/events/topics.json").read_text(encoding="utf-8") == rendered()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda each: str(each["name"]))
def test_a_filter_is_within_the_limits_of_event_grid(topic: dict[str, Any]) -> None:
    values = [value for each in topic["advancedFilters"] for value in each["values"]]

    assert len(values) <= MOST_VALUES
    assert all(0 < len(each) <= 512 for each in values)


def test_every_write_of_a_watched_type_is_delivered() -> None:
    types = {*WATCHED.evaluated, *WATCHED.related, TAGS}
    wanted = {f"{each}/write" for each in types if not each.startswith(WITHOUT_WRITES)}
    begins = tuple(filtered(CHANGES))

    assert {each for each in wanted if not each.startswith(begins)} == set()


def test_a_move_is_delivered_and_a_deployment_is_not() -> None:
    begins = tuple(filtered(CHANGES))

    assert "microsoft.resources/subscriptions/resourcegroups/moveresources/action".startswith(
        begins
    )
    assert not "microsoft.resources/deployments/write".startswith(begins)


def test_the_resource_of_every_control_is_delivered_in_its_event() -> None:
    kinds = {kind for each in DETECTORS for kind in each.CONTROL.resource_types}
    begins = tuple(filtered(PAYLOADS))

    left_out = {each for each in kinds if not each.startswith(begins)}
    assert {each for each in left_out if not each.startswith(WITHOUT_WRITES)} == {
        *("microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups"),
    }


def test_every_type_of_event_that_is_understood_is_subscribed_and_no_other() -> None:
    types = {each.lower() for topic in TOPICS for each in topic["eventTypes"]}

    assert types == WRITTEN | DELETED | ASSESSED


def test_too_many_types_are_asked_for_by_provider() -> None:
    assert prefixes({"a/x", "a/y/z", "b/x"}, most=3) == ["a/x", "a/y", "b/x"]
    assert prefixes({"a/x", "a/y/z", "b/x"}, most=2) == ["a/", "b/x"]


def test_deployments_are_never_asked_for_to_save_a_prefix() -> None:
    with pytest.raises(ValueError, match="more providers"):
        prefixes({"microsoft.resources/tags", "microsoft.resources/subscriptions"}, most=1)


def test_every_subscription_delivers_every_topic() -> None:
    assert set(subscribers()) == {
        *("1111 phidrift-changes", "1111 phidrift-resources", "1111 phidrift-policy"),
        *("2222 shared", "2222 phidrift-resources", "2222 phidrift-policy"),
    }


@pytest.mark.parametrize("properties", subscribers().values(), ids=subscribers().keys())
def test_an_event_is_tried_for_a_day_and_goes_to_the_function(properties: Body) -> None:
    destination = properties["destination"]

    assert properties["retryPolicy"] == {
        "maxDeliveryAttempts": 30,
        "eventTimeToLiveInMinutes": 1440,
    }
    assert destination["endpointType"] == "AzureFunction"
    assert destination["properties"]["resourceId"].endswith("/functions/resource_changed")


def test_what_is_not_delivered_is_kept_except_by_a_topic_that_is_shared() -> None:
    kept = {
        name for name, each in subscribers().items() if each.get("deadLetterWithResourceIdentity")
    }

    assert set(subscribers()) - kept == {"2222 shared"}


def test_the_deployed_filters_are_the_committed_ones() -> None:
    by_name = {each["name"]: each for each in TOPICS}

    for name, properties in subscribers().items():
        topic = by_name.get(name.partition(" ")[2], by_name["phidrift-changes"])
        assert properties["filter"] == {
            "includedEventTypes": topic["eventTypes"],
            "advancedFilters": topic["advancedFilters"],
        }

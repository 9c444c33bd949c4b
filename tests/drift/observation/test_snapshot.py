"""Snapshots of watched properties, and the differences between two of them."""

from typing import Any

from drift.model import Control, Resource
from drift.notices import Difference
from drift.observation.snapshot import carried_snapshot, differences, snapshot, view_of
from tests.support import open_account
from tests.support.open_account import CONTAINERS, SETTINGS, TYPE
from tests.support.rig import ACCOUNT, GROUP, NSG, SUBSCRIPTION

CONTAINER_TYPE = f"{TYPE}/blobservices/containers"
CONTROL = open_account.toy(
    "TOY",
    open_account.is_fine,
    **{
        TYPE: ("kind", "properties.networkAcls", "properties.rules"),
        CONTAINER_TYPE: ("properties.publicAccess",),
        "microsoft.keyvault/vaults": ("properties.safe",),
    },
).CONTROL
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"


def account(**properties: Any) -> Resource:
    return Resource(ACCOUNT, TYPE, {"id": ACCOUNT, "kind": "V2", "properties": properties})


def container(name: str, access: str) -> Resource:
    body = {"id": f"{CONTAINERS}/{name}", "properties": {"publicAccess": access}}
    return Resource(f"{CONTAINERS}/{name}", CONTAINER_TYPE, body)


def seen(resource: Resource, *related: Resource, control: Control = CONTROL) -> dict[str, Any]:
    return snapshot(resource, related, [control])


def test_only_what_is_watched_is_kept() -> None:
    found = seen(account(rules=[], secret="x"), container("scans", "None"))

    assert found == {
        "kind": "V2",
        "properties.rules": [],
        "blobServices/default/containers/scans#properties.publicAccess": "None",
    }


def test_one_rule_of_many_is_one_difference_without_what_the_platform_counts_up() -> None:
    def rule(name: str, port: str, etag: str) -> dict[str, Any]:
        return {"name": name, "id": name, "properties": {"port": port, "etag": etag}}

    before = seen(account(rules=[rule("one", "22", "a"), rule("two", "80", "a")]))
    after = seen(account(rules=[rule("two", "80", "b"), rule("one", "*", "b")]))

    assert differences(before, after, CONTROL) == (
        Difference("properties.rules[one]", {"port": "22"}, {"port": "*"}),
    )


def test_a_container_that_comes_or_goes_is_one_difference() -> None:
    before = seen(account(), container("scans", "None"))
    after = seen(account(), container("letters", "Container"))
    found = {
        (each.path.rpartition("/")[2], each.before, each.after)
        for each in differences(before, after, CONTROL)
    }

    assert found == {("scans", "present", None), ("letters", None, "present")}


def test_what_was_not_asked_for_is_carried_over_and_is_no_difference() -> None:
    before = seen(account(), container("scans", "None"))
    after = carried_snapshot(before, seen(account()), ACCOUNT, asked=[SETTINGS.lower()])

    assert differences(before, after, CONTROL) == ()
    assert view_of(after) == view_of(before)


def test_what_was_asked_for_and_is_not_there_is_gone() -> None:
    before = seen(account(), container("scans", "None"))
    after = carried_snapshot(before, seen(account()), ACCOUNT, asked=[CONTAINERS.lower()])

    assert [each.after for each in differences(before, after, CONTROL)] == [None]


def test_what_a_list_of_the_subscription_shows_no_more_is_gone() -> None:
    name = "resourceGroups/clinic/providers/Microsoft.Insights/activityLogAlerts/firewall"
    before = {f"{name}#properties.enabled": True}
    subscription = f"/subscriptions/{SUBSCRIPTION}"
    lists = [f"{subscription}/providers/Microsoft.Insights/activityLogAlerts".lower()]

    assert carried_snapshot(before, {}, subscription, asked=lists) == {}
    assert carried_snapshot(before, {}, subscription, asked=[]) == before


def test_what_stands_elsewhere_is_told_by_its_last_names() -> None:
    vault = Resource(VAULT, "microsoft.keyvault/vaults", {"id": VAULT, "properties": {"safe": 1}})

    assert "vaults/keys#properties.safe" in seen(account(), vault)


def test_what_another_control_watches_is_no_difference_of_this_one() -> None:
    other = open_account.toy("OTHER", open_account.is_fine, **{TYPE: ("properties.other",)}).CONTROL
    before, after = {"properties.other": 1}, {"properties.other": 2}

    assert differences(before, after, CONTROL) == ()
    assert len(differences(before, after, other)) == 1


def test_a_property_of_the_same_name_in_another_type_is_no_difference() -> None:
    before, after = ({"open": False, "vaults/keys#open": each} for each in (False, True))
    watching = open_account.toy("TOY", open_account.is_fine, **{TYPE: ("open",)}).CONTROL

    assert differences(before, after, watching) == ()


def test_a_path_that_only_begins_alike_is_not_watched() -> None:
    before, after = {"properties.rulesOfOthers": 1}, {"properties.rulesOfOthers": 2}

    assert differences(before, after, CONTROL) == ()


def test_the_view_does_not_depend_on_order_or_on_what_can_be_written_down() -> None:
    assert view_of({"a": 1, "b": 2}) == view_of({"b": 2, "a": 1})
    assert view_of({"a": "\ud800"}) != view_of({"a": "x"})


def test_a_document_that_is_not_what_arm_promises_raises_nothing() -> None:
    odd = Resource(NSG, TYPE, {"properties": [1], "kind": {"name": None}, "tags": 3})

    assert seen(odd) == {"kind": {"name": None}}

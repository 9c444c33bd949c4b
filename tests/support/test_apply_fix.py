"""A fix applied to bodies at hand."""

from typing import Any

import pytest

from drift.fixes import (
    DeleteChild,
    Fix,
    PostAction,
    PutChild,
    RemoveItem,
    RemoveProperty,
    SetProperty,
    Step,
)
from tests.support.apply_fix import apply

GROUP = "/subscriptions/5a4e/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/scans"
SERVICE = f"{ACCOUNT}/blobServices/default"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/front"
RULE = f"{NSG}/securityRules/allow-ssh"


def after(step: Step, *bodies: dict[str, Any]) -> dict[str, Any]:
    return dict(apply(Fix((step,)), {each["id"].lower(): each for each in bodies}))


def group(*names: str) -> dict[str, Any]:
    rules = [{"name": name, "properties": {"access": "Allow"}} for name in names]
    return {"id": NSG, "properties": {"securityRules": rules}}


def test_a_property_is_set_in_the_spelling_the_body_has() -> None:
    body = {"id": ACCOUNT, "properties": {"NetworkAcls": {"DefaultAction": "Allow"}}}
    done = after(SetProperty(ACCOUNT, "properties.networkAcls.defaultAction", "Deny"), body)

    assert done[ACCOUNT.lower()]["properties"] == {"NetworkAcls": {"DefaultAction": "Deny"}}
    assert body["properties"] == {"NetworkAcls": {"DefaultAction": "Allow"}}


def test_a_property_is_set_where_nothing_stood() -> None:
    done = after(SetProperty(SERVICE, "properties.deleteRetentionPolicy.days", 30))

    assert done[SERVICE.lower()] == {
        "id": SERVICE,
        "name": "default",
        "type": "microsoft.storage/storageaccounts/blobservices",
        "properties": {"deleteRetentionPolicy": {"days": 30}},
    }


def test_an_item_is_taken_out_of_a_list() -> None:
    rules = [{"value": "203.0.113.7"}, {"value": "198.51.100.7"}]
    body = {"id": ACCOUNT, "properties": {"networkAcls": {"ipRules": rules}}}
    done = after(
        RemoveItem(ACCOUNT, "properties.networkAcls.ipRules", {"value": "198.51.100.7"}), body
    )

    assert done[ACCOUNT.lower()]["properties"]["networkAcls"]["ipRules"] == rules[:1]


def test_a_property_is_taken_away_from_the_item_of_that_name() -> None:
    items = [{"name": name, "properties": {"PublicIP": {"id": name}, "kept": 1}} for name in "ab"]
    body = {"id": NSG, "properties": {"items": items}}
    done = after(RemoveProperty(NSG, "properties.items[name=b].properties.publicIP"), body)
    left = [each["properties"] for each in done[NSG.lower()]["properties"]["items"]]

    assert left == [{"PublicIP": {"id": "a"}, "kept": 1}, {"kept": 1}]


@pytest.mark.parametrize(
    "path",
    [
        "properties.none",
        "properties.items[name=z].name",
        "properties.none.deeper",
        "none[name=a].b",
    ],
)
def test_a_property_that_is_not_there_is_not_missed(path: str) -> None:
    body = {"id": NSG, "properties": {"items": [{"name": "a"}]}}

    assert after(RemoveProperty(NSG, path), body) == {NSG.lower(): body}


def test_an_action_changes_nothing_that_could_be_foretold() -> None:
    assert after(PostAction(NSG, "flush"), group("allow-ssh")) == {NSG.lower(): group("allow-ssh")}


def test_a_rule_is_changed_inside_its_group() -> None:
    done = after(SetProperty(RULE, "properties.access", "Deny"), group("allow-ssh", "allow-web"))
    rules = done[NSG.lower()]["properties"]["securityRules"]

    assert [each["properties"]["access"] for each in rules] == ["Deny", "Allow"]
    assert RULE.lower() not in done


def test_a_rule_is_deleted_from_inside_its_group() -> None:
    done = after(DeleteChild(RULE), group("allow-ssh", "allow-web"))

    assert [each["name"] for each in done[NSG.lower()]["properties"]["securityRules"]] == [
        "allow-web"
    ]


def test_a_rule_is_put_into_its_group_in_place_of_the_old() -> None:
    body = {"properties": {"access": "Deny", "priority": 100}}
    done = after(PutChild(RULE, body), group("allow-ssh"))
    [rule] = done[NSG.lower()]["properties"]["securityRules"]

    assert (rule["id"], rule["name"], rule["properties"]) == (RULE, "allow-ssh", body["properties"])


def test_an_extension_is_put_as_a_document_of_its_own() -> None:
    setting = f"{SERVICE}/providers/Microsoft.Insights/diagnosticSettings/audit"
    done = after(PutChild(setting, {"properties": {"logs": []}}), {"id": SERVICE})

    assert done[setting.lower()]["type"] == "microsoft.insights/diagnosticsettings"


def test_a_container_is_changed_in_the_document_of_its_collection() -> None:
    containers = f"{SERVICE}/containers"
    listed = {"id": containers, "value": [{"name": "scans", "properties": {}}, {"name": "logs"}]}
    done = after(SetProperty(f"{containers}/scans", "properties.publicAccess", "None"), listed)

    assert done[containers.lower()]["value"][0]["properties"] == {"publicAccess": "None"}


def test_a_refused_document_stays_refused() -> None:
    fix = Fix((SetProperty(ACCOUNT, "properties.allowBlobPublicAccess", False),))
    done = apply(fix, {SERVICE.lower(): 403, ACCOUNT.lower(): {"id": ACCOUNT}})

    assert done[SERVICE.lower()] == 403

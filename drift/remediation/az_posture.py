"""The az commands that change the posture of a subscription, in the form of ``az_options``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drift import ids
from drift.model import dig
from drift.remediation.az_options import Naming, Update, Words, by_ids, in_group
from drift.remediation.az_quoting import as_json, given

PLAN: Final = "microsoft.security/pricings"
ASSIGNMENT: Final = "microsoft.authorization/policyassignments"
_EXEMPTION: Final = "microsoft.authorization/policyexemptions"
_POLICY_SET: Final = "microsoft.authorization/policysetdefinitions"
ROLE: Final = "microsoft.authorization/roleassignments"
REMEDIATION: Final = "microsoft.policyinsights/remediations"
_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"


def by_name_in_subscription(resource_id: str) -> Words:
    """Return the options that name a resource of a subscription that is in no resource group."""
    return ["--name", ids.name_of(resource_id), "--subscription", ids.subscription_of(resource_id)]


def _by_workspace_and_name(table_id: str) -> Words:
    workspace = ids.parent_of(table_id)
    named = ["--workspace-name", ids.name_of(workspace), "--name", ids.name_of(table_id)]
    return [*in_group(table_id), *named]


def _by_scope(resource_id: str) -> Words:
    scope = resource_id[: resource_id.lower().rindex("/providers/")]
    return ["--name", ids.name_of(resource_id), "--scope", scope]


POSTURE_DELETIONS: Final[Mapping[str, Naming]] = {
    _EXEMPTION: ("policy exemption delete", _by_scope),
    ROLE: ("role assignment delete", by_ids),
}

POSTURE_UPDATES: Final[Mapping[str, Update]] = {
    PLAN: Update(
        "security pricing create",
        by_name_in_subscription,
        {
            "properties.pricingtier": "--tier",
            "properties.subplan": "--subplan",
            "properties.extensions": "--extensions",
        },
    ),
    ASSIGNMENT: Update(
        "policy assignment update",
        _by_scope,
        {"properties.enforcementmode": "--enforcement-mode"},
    ),
    _EXEMPTION: Update(
        "policy exemption update", _by_scope, {"properties.expireson": "--expires-on"}
    ),
    _WORKSPACE: Update(
        "monitor log-analytics workspace update",
        by_ids,
        {"properties.workspacecapping.dailyquotagb": "--quota"},
    ),
    f"{_WORKSPACE}/tables": Update(
        "monitor log-analytics workspace table update",
        _by_workspace_and_name,
        {"properties.totalretentionindays": "--total-retention-time"},
    ),
}


def repeated_option(option: str, items: Sequence[Mapping[str, Any]]) -> Words:
    """Return the values of an option that is repeated for each item, without the first option name."""
    words: Words = []
    for at, each in enumerate(items):
        words += [option] if at else []
        words += [f"{name}={dig(each, name)}" for name in ("name", "isEnabled")]
    return words


_DESTINATIONS: Final = {
    "workspaceId": "--workspace",
    "storageAccountId": "--storage-account",
    "eventHubAuthorizationRuleId": "--event-hub-auth-rule",
    "eventHubName": "--event-hub-name",
    "serviceBusRuleId": "--service-bus-rule",
}

_REGION: Final = "westus"
"""The command requires a region, but the setting has none: any region works."""


def is_of_subscription(resource_id: str) -> bool:
    """Tell whether an id is in a subscription, but in no resource group."""
    return not ids.group_of(resource_id)


def create_subscription_setting(setting_id: str, properties: Mapping[str, Any]) -> Words:
    """Return the command that creates or replaces a diagnostic setting of a subscription."""
    words = ["monitor", "diagnostic-settings", "subscription", "create"]
    words += [*by_name_in_subscription(setting_id), "--location", _REGION]
    for name, option in _DESTINATIONS.items():
        if name in properties:
            words += [option, str(properties[name])]
    return [*words, "--logs", as_json(given(properties["logs"]))]


def create_assignment(assignment_id: str, body: Mapping[str, Any]) -> Words:
    """Return the command that assigns a policy definition or a set of them."""
    properties = body["properties"]
    definition = str(properties["policyDefinitionId"])
    is_set = ids.type_of(definition) == _POLICY_SET
    option = "--policy-set-definition" if is_set else "--policy"
    words = ["policy", "assignment", "create", *_by_scope(assignment_id), option, definition]
    words += ["--display-name", str(properties["displayName"])]
    if "parameters" in properties:
        words += ["--params", as_json(properties["parameters"])]
    if "identity" in body:
        words += ["--mi-system-assigned", "True", "--location", str(body["location"])]
    return words


def create_role_assignment(assignment_id: str, properties: Mapping[str, Any]) -> Words:
    """Return the command that assigns a role to a principal by its object id."""
    words = ["role", "assignment", "create", "--name", ids.name_of(assignment_id)]
    words += ["--assignee-object-id", str(properties["principalId"])]
    words += ["--assignee-principal-type", str(properties["principalType"])]
    words += ["--role", ids.name_of(str(properties["roleDefinitionId"]))]
    return [*words, "--scope", assignment_id[: assignment_id.lower().rindex("/providers/")]]


def create_remediation(task_id: str, properties: Mapping[str, Any]) -> Words:
    """Return the command that starts a remediation task in a subscription.

    ``az policy remediation create`` takes no number of resources.
    """
    if "resourceCount" in properties:
        return ["resource", "create", "--id", task_id, "--properties", as_json(properties)]
    words = ["policy", "remediation", "create", *by_name_in_subscription(task_id)]
    words += ["--policy-assignment", str(properties["policyAssignmentId"])]
    reference = properties.get("policyDefinitionReferenceId")
    return [*words, "--definition-reference-id", str(reference)] if reference else words

"""The clinic's policies and roles: a set that requires encryption at rest, and who may read."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import SUBSCRIPTION
from sandbox.core.documents import Body
from sandbox.core.people import MONITOR, TENANT

_AUTHORIZATION: Final = "Microsoft.Authorization"
_OWN: Final = f"/subscriptions/{SUBSCRIPTION}/providers/{_AUTHORIZATION}"
_SET: Final = f"{_OWN}/policySetDefinitions/phi-encryption"
_BUILT_IN: Final = f"/providers/{_AUTHORIZATION}"
_HIPAA: Final = "a169a624-5599-4385-a696-c8d643089fab"
_REPAIR: Final = "86a912f6-9a06-4e26-b447-11b16ba8659f"
_SQL_DB_CONTRIBUTOR: Final = "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec"
_IDENTITY: Final = "5e0c9d3b-8f21-4a76-b5d4-1c7e2f3a4b59"
_MEMBERS: Final = {
    "storageKey": ("6fac406b-40ca-413b-bf8e-0bf964659c25", "Audit"),
    "sqlEncryption": ("17k78e20-9358-41c9-923c-fb736d382a12", "AuditIfNotExists"),
    "sqlKey": ("0a370ff3-6cab-4e85-8995-295fd854c5b8", "Deny"),
    "managedInstanceKey": ("ac01ad65-10e5-46df-bdd9-6b0cad13e1d2", "Deny"),
}


def policy() -> Iterator[Body]:
    """Yield every document of it."""
    definition = {
        "displayName": "PHI is encrypted at rest",
        "policyType": "Custom",
        "policyDefinitions": [_member(name, *each) for name, each in _MEMBERS.items()],
    }
    yield _document("policySetDefinitions", "phi-encryption", definition)
    assigned = {
        "displayName": "PHI is encrypted at rest",
        "policyDefinitionId": _SET,
        "scope": f"/subscriptions/{SUBSCRIPTION}",
        "notScopes": [],
        "enforcementMode": "Default",
    }
    yield _document("policyAssignments", "phi-encryption", assigned)
    hipaa = {
        "displayName": "HITRUST/HIPAA",
        "policyDefinitionId": f"{_BUILT_IN}/policySetDefinitions/{_HIPAA}",
        "scope": f"/subscriptions/{SUBSCRIPTION}",
        "notScopes": [],
        "enforcementMode": "Default",
    }
    yield _document("policyAssignments", "phi-hipaa", hipaa)
    members = [_member("sqlEncryption", *_MEMBERS["sqlEncryption"])]
    whole = {"displayName": "HITRUST/HIPAA", "policyType": "BuiltIn", "policyDefinitions": members}
    yield _document("policySetDefinitions", _HIPAA, whole, _BUILT_IN)
    yield from _repair()
    reader = _role("acdd72a7-3385-48ef-bd42-f606fba81ae7", MONITOR.object_id)
    yield _document("roleAssignments", "2f9d1c7a-6b3e-4d58-a1f0-7c8e9b0a1d24", reader)


def _repair() -> Iterator[Body]:
    """Yield the policy that encrypts SQL databases, and its identity's role."""
    assigned = {
        "displayName": "SQL databases are encrypted",
        "policyDefinitionId": f"{_BUILT_IN}/policyDefinitions/{_REPAIR}",
        "scope": f"/subscriptions/{SUBSCRIPTION}",
        "notScopes": [],
        "enforcementMode": "Default",
        "parameters": {"effect": {"value": "DeployIfNotExists"}},
    }
    identity = {"type": "SystemAssigned", "principalId": _IDENTITY, "tenantId": TENANT}
    assignment = _document("policyAssignments", "phi-sql-encryption", assigned)
    yield {**assignment, "location": "eastus", "identity": identity}
    roles = [f"{_BUILT_IN}/roleDefinitions/{_SQL_DB_CONTRIBUTOR}"]
    rule = {
        "if": {"field": "type", "equals": "Microsoft.Sql/servers/databases"},
        "then": {
            "effect": "[parameters('effect')]",
            "details": {
                "type": "Microsoft.Sql/servers/databases/transparentDataEncryption",
                "roleDefinitionIds": roles,
            },
        },
    }
    name = "Deploy SQL DB transparent data encryption"
    definition = {"displayName": name, "policyType": "BuiltIn", "policyRule": rule}
    yield _document("policyDefinitions", _REPAIR, definition, _BUILT_IN)
    actions = ["Microsoft.Sql/servers/databases/*", "Microsoft.Sql/servers/read"]
    permissions = [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]
    role = {"roleName": "SQL DB Contributor", "type": "BuiltInRole", "permissions": permissions}
    yield _document("roleDefinitions", _SQL_DB_CONTRIBUTOR, role)
    contributor = _role(_SQL_DB_CONTRIBUTOR, _IDENTITY)
    yield _document("roleAssignments", "8c4e7f10-52ab-4d3c-9e6f-a1b2c3d4e5f6", contributor)


def _role(role: str, principal: str) -> Body:
    return {
        "roleDefinitionId": f"{_OWN}/roleDefinitions/{role}",
        "principalId": principal,
        "principalType": MONITOR.principal_type,
        "scope": f"/subscriptions/{SUBSCRIPTION}",
    }


def _member(reference: str, definition: str, effect: str) -> dict[str, Any]:
    return {
        "policyDefinitionReferenceId": reference,
        "policyDefinitionId": f"/providers/{_AUTHORIZATION}/policyDefinitions/{definition}",
        "parameters": {"effect": {"value": effect}},
    }


def _document(kind: str, name: str, properties: Body, scope: str = _OWN) -> Body:
    return {
        "id": f"{scope}/{kind}/{name}",
        "name": name,
        "type": f"{_AUTHORIZATION}/{kind}",
        "properties": properties,
    }

"""The clinic's policies and roles: a set that requires encryption at rest, and who may read."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import SUBSCRIPTION
from sandbox.core.documents import Body
from sandbox.core.people import MONITOR

_AUTHORIZATION: Final = "Microsoft.Authorization"
_OWN: Final = f"/subscriptions/{SUBSCRIPTION}/providers/{_AUTHORIZATION}"
_SET: Final = f"{_OWN}/policySetDefinitions/phi-encryption"
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
        "policyDefinitionId": (
            f"/providers/{_AUTHORIZATION}/policySetDefinitions/a169a624-5599-4385-a696-c8d643089fab"
        ),
        "scope": f"/subscriptions/{SUBSCRIPTION}",
        "notScopes": [],
        "enforcementMode": "Default",
    }
    yield _document("policyAssignments", "phi-hipaa", hipaa)
    reader = {
        "roleDefinitionId": f"{_OWN}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "principalId": MONITOR.object_id,
        "principalType": MONITOR.principal_type,
        "scope": f"/subscriptions/{SUBSCRIPTION}",
    }
    yield _document("roleAssignments", "2f9d1c7a-6b3e-4d58-a1f0-7c8e9b0a1d24", reader)


def _member(reference: str, definition: str, effect: str) -> dict[str, Any]:
    return {
        "policyDefinitionReferenceId": reference,
        "policyDefinitionId": f"/providers/{_AUTHORIZATION}/policyDefinitions/{definition}",
        "parameters": {"effect": {"value": effect}},
    }


def _document(kind: str, name: str, properties: Body) -> Body:
    return {
        "id": f"{_OWN}/{kind}/{name}",
        "name": name,
        "type": f"{_AUTHORIZATION}/{kind}",
        "properties": properties,
    }

"""What the built-in roles allow, and which of them the templates assign where."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.infra.predicted import ROOT, Body, of_type, scope_of

_ASSIGNMENT: Final = "Microsoft.Authorization/roleAssignments"
_PLACES: Final = {
    "microsoft.management/managementgroups": "management group",
    "microsoft.operationalinsights/workspaces": "workspace",
    "microsoft.storage/storageaccounts": "storage account",
    "microsoft.keyvault/vaults": "vault",
    "microsoft.keyvault/vaults/keys": "key of a vault",
    "microsoft.insights/components": "Application Insights",
    "microsoft.insights/datacollectionrules": "data collection rule",
    "microsoft.web/sites": "app",
}


@dataclass(frozen=True, slots=True)
class Role:
    """A built-in role: patterns of the operations that it allows, and of those that it leaves out."""

    name: str
    actions: Sequence[str]
    not_actions: Sequence[str]
    data_actions: Sequence[str]
    not_data_actions: Sequence[str]

    def allows(self, operation: str, *, on_data: bool) -> bool:
        """Tell whether the role allows an operation."""
        given = self.data_actions if on_data else self.actions
        left_out = self.not_data_actions if on_data else self.not_actions
        return _matches(operation, given) and not _matches(operation, left_out)

    @property
    def only_reads(self) -> bool:
        """Tell whether each operation that the role allows is a read."""
        return all(each.endswith("/read") for each in (*self.actions, *self.data_actions))


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a template assigns; ``place`` is the kind of its ``scope``."""

    role: str
    place: str
    scope: str


def _matches(operation: str, patterns: Sequence[str]) -> bool:
    """Tell whether a pattern covers an operation; an asterisk stands for any text, case is ignored."""
    return any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), operation, re.IGNORECASE)
        for each in patterns
    )


def _facts() -> dict[str, Body]:
    found: dict[str, Body] = json.loads(
        (ROOT / "tests/infra/roles.json").read_text(encoding="utf-8")
    )
    return found


ROLES: Final = {
    name: Role(
        name, each["actions"], each["notActions"], each["dataActions"], each["notDataActions"]
    )
    for name, each in _facts().items()
}
NAMES: Final = {each["id"]: name for name, each in _facts().items()}


def grants(part: str) -> tuple[Grant, ...]:
    """Return the roles that a part of infra/ assigns; a custom role has its id as its name."""
    return tuple(_grant(each) for each in of_type(part, _ASSIGNMENT))


def _grant(assignment: Body) -> Grant:
    scope = scope_of(assignment)
    id_ = assignment["properties"]["roleDefinitionId"].rpartition("/")[2]
    return Grant(NAMES.get(id_, id_), place_of(scope), scope)


def place_of(scope: str) -> str:
    """Return the kind of a scope: that of its resource, without what is below it."""
    _, _, below = scope.rpartition("/providers/")
    if below == scope or not below:
        return "resource group" if "/resourceGroups/" in scope else "subscription"
    provider, kind, _, *child = below.lower().split("/")
    kinds = (f"{provider}/{kind}/{''.join(child[:1])}", f"{provider}/{kind}")
    return next(_PLACES[each] for each in kinds if each in _PLACES)

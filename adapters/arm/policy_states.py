"""Read from Resource Graph how the resources of a subscription comply with its policies.

The role Reader is enough. ``policyStates/summarize`` shows the same, but is an action that Reader lacks:
https://learn.microsoft.com/azure/role-based-access-control/permissions/management-and-governance
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from azure.core.rest import HttpRequest

from adapters.arm.answers import NOT_ARM, ArmAnswer
from adapters.arm.inventory import API_VERSION, MAX_ROWS, TRUNCATED
from adapters.arm.reader import ArmReader
from drift import ids
from drift.errors import SourceUnavailable
from drift.ports import Listing, PageCheck, Reading, every_page

NOT_SHOWN: Final = "NotInResourceGraph"
"""The code of a subscription that Resource Graph does not show to the identity."""

_STATES: Final = (
    "policyresources\n"
    f"| where type =~ '{ids.POLICY_STATES}'\n"
    "| summarize resources = count(), oldest = min(todatetime(properties.timestamp)) by "
    "assignment = tolower(tostring(properties.policyAssignmentId)), "
    "reference = tolower(tostring(properties.policyDefinitionReferenceId)), "
    "compliance = tolower(tostring(properties.complianceState))\n"
    "| order by assignment asc, reference asc, compliance asc"
)
_SUBSCRIPTION: Final = (
    f"resourcecontainers\n| where type =~ '{ids.SUBSCRIPTION}'\n| project id\n| order by id asc"
)
_OK: Final = 200
_NEEDS: Final = (
    "the identity needs the role Reader at the subscription; a new assignment can take hours to have "
    "an effect in Resource Graph"
)


class PolicyStates:
    """Implements ``drift.ports.Reader`` for the policy states of a subscription.

    They are the collection ``{subscription}/providers/Microsoft.PolicyInsights/policyStates``. An item
    counts the ``resources`` of one assignment, reference and compliance state; its ``timestamp`` is
    that of the oldest.
    """

    def __init__(self, arm: ArmReader, *, endpoint: str) -> None:
        self._arm = arm
        path = "providers/Microsoft.ResourceGraph/resources"
        self._address = f"{endpoint.rstrip('/')}/{path}?api-version={API_VERSION}"

    def get(self, resource_id: str) -> Reading:
        """Refuse: the states of single resources are not read."""
        raise SourceUnavailable(resource_id, 400, "InvalidResourceId")

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read the states of a whole subscription; raise SourceUnavailable.

        Resource Graph shows no rows, and no error, where a role has no effect yet. So an answer without
        rows counts only if it shows the subscription itself.
        """
        if not ids.is_list(collection_id):
            raise SourceUnavailable(collection_id, 400, "InvalidResourceId")
        answer, rows = self._rows(collection_id, _STATES)
        if not rows:
            before_page()
            if not self._rows(collection_id, _SUBSCRIPTION)[1]:
                raise SourceUnavailable(collection_id, 403, NOT_SHOWN, needs=_NEEDS)
        items = tuple(_state(collection_id, at, row) for at, row in enumerate(rows))
        return Listing(items, answer.at)

    def _rows(self, what: str, query: str) -> tuple[ArmAnswer, Sequence[Mapping[str, Any]]]:
        options = {"$top": MAX_ROWS, "resultFormat": "objectArray"}
        subscription = ids.subscription_of(what)
        body = {"subscriptions": [subscription], "query": query, "options": options}
        answer = self._arm.send(what, HttpRequest("POST", self._address, json=body))
        if answer.body is None:
            raise SourceUnavailable(what, 404, answer.code)
        rows = answer.body.get("data")
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            raise SourceUnavailable(what, _OK, NOT_ARM)
        is_cut = str(answer.body.get("resultTruncated", "false")).lower() != "false"
        if is_cut or answer.body.get("totalRecords") != len(rows):
            raise SourceUnavailable(what, _OK, TRUNCATED)
        return answer, rows


def _state(collection: str, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "policyAssignmentId": row.get("assignment"),
        "policyDefinitionReferenceId": row.get("reference"),
        "complianceState": row.get("compliance"),
        "timestamp": row.get("oldest"),
        "resources": row.get("resources"),
    }
    name = str(number)
    return {
        "id": f"{collection}/{name}",
        "name": name,
        "type": ids.POLICY_STATES,
        "properties": properties,
    }

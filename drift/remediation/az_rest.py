"""The ``az rest`` commands, for objects of Graph and settings of a tenant that no other command changes."""

from collections.abc import Sequence
from typing import Any, Final

from drift import ids
from drift.arm import graph
from drift.arm.tenant_permissions import AADIAM
from drift.fixes import PutChild, SetProperty, Step
from drift.model import dig
from drift.remediation.az_options import Words
from drift.remediation.az_quoting import as_json

_AADIAM_ADDRESS: Final = "https://management.azure.com{}?api-version=2017-04-01"
_GRAPH: Final = "https://graph.microsoft.com/v1.0"
_PROPERTIES: Final = "properties."


def is_rest(resource_id: str) -> bool:
    """Tell whether only ``az rest`` can change a document."""
    return graph.is_graph(resource_id) or ids.provider_of(resource_id) == AADIAM


def by_rest(steps: Sequence[Step]) -> Words:
    """Return the command that sets properties of one object, or creates or deletes it."""
    first = steps[0]
    if isinstance(first, PutChild) and not graph.is_graph(first.resource_id):
        return _rest("PUT", _AADIAM_ADDRESS.format(first.resource_id), first.body)
    address = f"{_GRAPH}/{graph.path_of(first.resource_id)}"
    match first:
        case PutChild(_, body):
            collection = address.rpartition("/")[0]
            return _rest("POST", collection, dig(body, "properties"))
        case SetProperty():
            return _rest("PATCH", address, _nested(steps))
        case _:
            return ["rest", "--method", "DELETE", "--url", address]


def _rest(method: str, address: str, body: Any) -> Words:
    return ["rest", "--method", method, "--url", address, "--body", as_json(body)]


def _nested(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the properties that are set as the object in the body of a PATCH."""
    whole: dict[str, Any] = {}
    for each in steps:
        if isinstance(each, SetProperty):
            *above, last = each.path.removeprefix(_PROPERTIES).split(".")
            holder = whole
            for name in above:
                holder = holder.setdefault(name, {})
            holder[last] = each.value
    return whole

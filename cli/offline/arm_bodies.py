"""ARM bodies and cases as ``phidrift evaluate`` takes them, checked before they are evaluated."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from cli.offline.graph_bodies import as_document, tenant_among
from cli.offline.json_documents import BadLine, Item
from detectors import DETECTORS
from drift import ids
from drift.controls.document_estate import Document, Documents
from drift.model import MISSING, Resource, dig

AMBIGUOUS: Final = "it is given twice, with different content"
UNFIT: Final = "its body cannot be evaluated"
"""Why a resource is unreadable although it is in the input; it does not count as absent."""

_ABSENT: Final = 404
_OF_A_CASE: Final = ("case", "resource", "related")
_OF_AN_EVENT: Final = ("eventType", "specversion")
_EVENT: Final = (
    "it is an event, not the body of a resource: give what `az resource show --ids ID` prints for its "
    "subject; `phidrift replay FILE` posts events to a running serve"
)

_LOOKED_AT: Final = frozenset(kind for each in DETECTORS for kind in each.CONTROL.watches)
"""Types that controls evaluate: a body must have their exact names in Azure."""

_GROUP_IN_ARM: Final = "microsoft.resources/resourcegroups"
"""The type of a group in ARM; Resource Graph uses the type that its id has."""

_SHOWS: Final[Mapping[str, str]] = {
    "microsoft.storage/storageaccounts": "az storage account show",
    "microsoft.network/networksecuritygroups": "az network nsg show",
}


class BadInput(ValueError):
    """Something in the input cannot be evaluated; the message says why."""


@dataclass(frozen=True, slots=True)
class OfflineCase:
    """One resource to evaluate with the documents around it; ``alone``: no other line belongs to it.

    ``refused`` is the HTTP status that stands in place of its body, 0 where there is a body.
    """

    name: Any
    resource: Resource
    documents: Documents
    alone: bool
    refused: int = 0


def cases_of(found: Sequence[Item | BadLine]) -> tuple[OfflineCase | BadLine, ...]:
    """Return a case for each resource, and a problem for each line without one, in order.

    Bodies outside of a case are related to each other: an export lists an account and its children
    side by side.
    """
    bodies = (each.value for each in found if isinstance(each, Item))
    found = _with_documents(found, tenant_among(bodies))
    together: dict[str, Document] = {}
    problems: dict[int, BadLine] = {}
    for number, each in enumerate(found):
        if isinstance(each, Item) and "resource" not in each.value:
            try:
                _add(together, each.value)
            except BadInput as error:
                problems[number] = BadLine(each.line, str(error), _subscription_of(each.value))
    made = (problems.get(at) or _case(each, together) for at, each in enumerate(found))
    return tuple(each for each in made if each)


def _with_documents(found: Sequence[Item | BadLine], tenant_id: str) -> tuple[Item | BadLine, ...]:
    """Return the bodies outside of cases, those of Microsoft Graph as documents of the one tenant."""
    return tuple(
        replace(each, value=as_document(each.value, tenant_id))
        if isinstance(each, Item) and "resource" not in each.value
        else each
        for each in found
    )


def _subscription_of(body: Mapping[str, Any]) -> str:
    """Return the subscription of a body that was refused, "" where it names none."""
    own = body.get("id")
    return ids.subscription_of(own.strip()) if isinstance(own, str) else ""


def _case(found: Item | BadLine, together: Documents) -> OfflineCase | BadLine | None:
    if isinstance(found, BadLine):
        return found
    try:
        if "resource" in found.value:
            return _own_case(found.value)
    except BadInput as error:
        return BadLine(found.line, str(error))
    refused = _refusal(found.value)
    if refused == _ABSENT or _is_list(found.value):
        return None
    return OfflineCase(None, _resource(found.value), together, alone=False, refused=refused)


def _own_case(value: Mapping[str, Any]) -> OfflineCase:
    body, related = value["resource"], value.get("related", [])
    unknown_keys = [name for name in value if name not in _OF_A_CASE]
    if unknown_keys:
        raise BadInput(
            f'"{unknown_keys[0]}" is not a key of a case; the keys are {", ".join(_OF_A_CASE)}'
        )
    if not isinstance(related, list):
        raise BadInput('"related" is not a list')
    documents: dict[str, Document] = {}
    tenant_id = tenant_among([body])
    for each in (body, *related):
        _add(documents, as_document(each, tenant_id))
    if _refusal(body) or _is_list(body):
        raise BadInput('"resource" is not the body of a resource')
    return OfflineCase(value.get("case"), _resource(body), documents, alone=True)


def _resource(body: Mapping[str, Any]) -> Resource:
    own = ids.own_of(body)
    return Resource(own, ids.type_of(own), body)


def _add(documents: dict[str, Document], body: object) -> None:
    """Add one body by its id; raise BadBody, and controls that need it cannot read it."""
    if not isinstance(body, Mapping):
        raise BadInput("a related resource is not an object")
    name = _id_of(body)
    try:
        document: Document = _refusal(body) or body
        if not isinstance(document, int):
            _check(name, body)
    except BadInput:
        documents[name] = UNFIT
        raise
    alike = documents.get(name, document) == document
    documents[name] = document if alike else AMBIGUOUS


def _id_of(body: Mapping[str, Any]) -> str:
    """Return the id of a body in lower case; an object of Microsoft Graph has no ARM id."""
    own, kind = body.get("id"), body.get("type")
    graph = isinstance(kind, str) and kind.lower().startswith("microsoft.graph/")
    if not isinstance(own, str) or not (ids.is_id(own) or (graph and own)):
        if any(name in body for name in _OF_AN_EVENT):
            raise BadInput(_EVENT)
        raise BadInput("it has no ARM id")
    return ids.key(ids.own_of(body))


def _refusal(body: Mapping[str, Any]) -> int:
    """Return the status that stands for a resource which cannot be read, 0 for a body."""
    status = body.get("status")
    if isinstance(status, bool) or not isinstance(status, int):
        return 0
    is_refusal = 400 <= status <= 599
    content = next((each for each in ("properties", "value") if each in body), "")
    if content and is_refusal:
        raise BadInput(
            f'{body.get("id")} has both "status" {status}, an HTTP error, and "{content}"'
        )
    if not content and not is_refusal:
        raise BadInput(f'"status" is {status}, which is not an HTTP error')
    return 0 if content else status


def _is_list(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("value"), list) and "properties" not in body


def _check(name: str, body: Mapping[str, Any]) -> None:
    """Raise BadBody on a body that controls would misread, such as a flattened one."""
    if _is_list(body):
        for each in body["value"]:
            if not isinstance(each, Mapping):
                raise BadInput(f"{body.get('id', name)} lists something that is not an object")
            _check_item(str(body.get("id", name)), each)
        return
    own = body.get("id", name)
    _check_names(name, body)
    properties = dig(body, "properties")
    if "/providers/" not in name:
        return
    if name.count("/") % 2:
        raise BadInput(f"{own} is the id of a collection: give the body of each resource in it")
    if isinstance(properties, Mapping):
        return
    if properties is not MISSING:
        raise BadInput(f"{own}: its properties are not an object")
    show = _SHOWS.get(ids.type_of(name))
    flat = f", as `{show}` prints it" if show else ""
    raise BadInput(
        f"{own} is flattened: it has no properties{flat}; "
        f"give what `az resource show --ids {shlex.quote(str(own))}` prints"
    )


def _check_item(collection: str, item: Mapping[str, Any]) -> None:
    """Raise BadBody on an item that does not belong to its collection, or that controls would misread."""
    own = ids.own_of(item)
    is_known = ids.type_of(f"{collection}/item") in _LOOKED_AT
    if own and is_known and not ids.is_item_of(own, collection):
        raise BadInput(f"{collection} lists {own}, which does not belong to it")
    _check(ids.key(own or f"{collection}/{item.get('name')}"), item)


def _check_names(name: str, body: Mapping[str, Any]) -> None:
    """Raise BadBody on a body whose type or name differs from its id.

    The name of a child may begin with that of its parent: ``server/database``.
    """
    kind, own_type, own_name = ids.type_of(name), _word(body, "type"), _word(body, "name")
    is_looked_at = kind in _LOOKED_AT or (own_type in _LOOKED_AT and kind.count("/") == 1)
    if kind in (ids.SUBSCRIPTION, ids.TENANT) or not is_looked_at:
        return
    if own_type not in ("", kind, _GROUP_IN_ARM if kind == ids.GROUP else ""):
        raise BadInput(f"{body.get('id', name)}: its type is not that of its id")
    names = [unquote(each) for each in name.rpartition("/providers/")[2].split("/")[2::2]]
    if own_name and unquote(own_name).split("/") not in [names[at:] for at in range(len(names))]:
        raise BadInput(f"{body.get('id', name)}: its name is not the last segment of its id")


def _word(body: Mapping[str, Any], key: str) -> str:
    word = body.get(key)
    return word.strip().lower() if isinstance(word, str) else ""


def bad_lines(cases: Iterable[OfflineCase | BadLine]) -> tuple[BadLine, ...]:
    """Return the problems of the input."""
    return tuple(each for each in cases if isinstance(each, BadLine))

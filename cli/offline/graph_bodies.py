"""Objects of Microsoft Graph in an input, as the documents below their tenant that controls read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drift import ids
from drift.arm import graph

_PROVIDER: Final = f"{graph.PROVIDER}/"


def tenant_among(bodies: Iterable[object]) -> str:
    """Return the id of the one tenant whose body is among these, "" where there is none or several."""
    named = (each.get("id") for each in bodies if isinstance(each, Mapping))
    texts = {each.strip().rstrip("/") for each in named if isinstance(each, str)}
    found = {each for each in texts if ids.type_of(each) == ids.TENANT}
    return found.pop() if len(found) == 1 else ""


def as_document(body: Any, tenant_id: str) -> Any:
    """Return an object of Graph as a document of a tenant; any other body as it is.

    The object has the id of the document, or its path in Graph, or its own id and a ``type`` such as
    ``microsoft.graph/conditionalAccessPolicies``. Its own properties may be at the top level.
    """
    if not isinstance(body, Mapping):
        return body
    document = _document_id(body, tenant_id)
    if not document:
        return body
    if isinstance(items := body.get("value"), list):
        listed = [_item(document, each) for each in items]
        rest = {"nextLink": body["@odata.nextLink"]} if "@odata.nextLink" in body else {}
        return {"id": document, "value": listed, **rest}
    if _is_refusal(body):
        return {"id": document, "status": body["status"]}
    return graph.wrapped(document, _object_in(body))


def _document_id(body: Mapping[str, Any], tenant_id: str) -> str:
    """Return the id of the document, "" if the body is not of Graph or its tenant is not known."""
    own, kind = body.get("id"), body.get("type")
    if not isinstance(own, str) or not own:
        return ""
    if ids.tenant_of(own):
        return own if graph.is_graph(own) else ""
    if not tenant_id:
        return ""
    if found := graph.id_of_path(tenant_id, own):
        return found
    if not isinstance(kind, str) or not kind.lower().startswith(_PROVIDER) or "/" in own:
        return ""
    return f"{tenant_id}/providers/{kind}/{own}"


def _is_refusal(body: Mapping[str, Any]) -> bool:
    """Tell whether ``status`` is an HTTP status: a review of Graph has a status in words."""
    return isinstance(body.get("status"), int) and "properties" not in body


def _object_in(body: Mapping[str, Any]) -> Any:
    """Return the object itself: the properties of a document, else the body."""
    if "properties" in body:
        return body["properties"]
    return {name: each for name, each in body.items() if name != "type"}


def _item(collection: str, item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    own = str(item.get("id", ""))
    name = ids.name_of(own) if "/" in own else own or str(item.get("name", ""))
    return graph.wrapped(f"{collection}/{name}", _object_in(item))

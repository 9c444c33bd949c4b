"""Find documents and collections in a view, as ARM does."""

from collections.abc import Iterator
from typing import Final

from sandbox.core.arm_errors import not_found
from sandbox.core.documents import Body, View
from sandbox.core.paths import DIAGNOSTICS, GROUP, SUBSCRIPTION, TAGS, Kind, Place, chain, parse
from sandbox.http.messages import Refused
from sandbox.providers.network_rules import INLINE, inline_children

MANAGEMENT_GROUPS: Final = "/providers/Microsoft.Management/managementGroups"


def find(view: View, place: Place) -> Body:
    """Return a document; refuse with ARM's own 404 if it or a document above it is missing."""
    own = _own(view, place)
    for above in chain(place.path)[:-1]:
        missing = view.gone(above.path) if own is not None else not _exists(view, above)
        if missing:
            raise not_found(above, place)
    if own is None:
        raise not_found(place, place)
    return own


def require_above(view: View, place: Place) -> None:
    """Refuse if a document above the place is missing."""
    for above in chain(place.path)[:-1]:
        if not _exists(view, above):
            raise not_found(above, place)


def peek(view: View, place: Place) -> Body | None:
    """Return a document, or None."""
    try:
        return find(view, place)
    except Refused:
        return None


def collect(view: View, place: Place) -> list[Body]:
    """Return all items of a collection; refuse if its parent is missing."""
    if place.kind is Kind.SUBSCRIPTIONS:
        return [body for _, body in view.below("/subscriptions/") if _is(body, SUBSCRIPTION)]
    require_above(view, parse(f"{place.path}/x"))
    if place.kind is Kind.RESOURCES:
        find(view, parse(place.above))
        return [_outline(body) for body in top_level(view, place.above)]
    if place.type == GROUP:
        below = view.below(f"{place.above}/resourceGroups/")
        return [body for _, body in below if _is(body, GROUP)]
    if place.type_key in INLINE:
        parent = find(view, parse(place.above))
        return list(inline_children(parent, INLINE[place.type_key], place.type))
    return [*_members(view, place), *_inherited(view, place)]


def tags_document(target: Body) -> Body:
    """Return a resource's tags as ``Microsoft.Resources/tags/default`` shows them."""
    return {
        "id": f"{target['id']}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": target.get("tags") or {}},
    }


def _own(view: View, place: Place) -> Body | None:
    if place.type_key == TAGS:
        target = view.get(place.above)
        return None if target is None else tags_document(target)
    own = view.get(place.path)
    if own is not None or place.type_key not in INLINE:
        return own
    parent = view.get(place.above)
    children = inline_children(parent, INLINE[place.type_key], place.type) if parent else ()
    return next((each for each in children if each["name"].lower() == place.name.lower()), None)


def _exists(view: View, place: Place) -> bool:
    if _own(view, place) is not None:
        return True
    return not view.gone(place.path) and next(view.below(f"{place.path}/"), None) is not None


def _members(view: View, place: Place) -> Iterator[Body]:
    """Yield the members of a type: direct ones, or for a group or subscription all inside it."""
    wide = not place.child and "/providers/" not in place.above.lower()
    prefix = f"{place.above}/" if wide else f"{place.path}/"
    for key, body in view.below(prefix):
        member = parse(key)
        if member.type_key != place.type_key or member.kind is not Kind.DOCUMENT:
            continue
        if not wide and member.above.lower() != place.above.lower():
            continue
        if member.type_key == DIAGNOSTICS and member.above.lower() != place.above.lower():
            continue  # settings are listed for one target, also for a whole subscription's
        yield body


def _inherited(view: View, place: Place) -> Iterator[Body]:
    """Yield what a subscription's list of assignments or exemptions shows of the scopes above it."""
    if (
        place.namespace.lower() != "microsoft.authorization"
        or parse(place.above).type != SUBSCRIPTION
    ):
        return
    for above in (f"{MANAGEMENT_GROUPS}/", f"/providers/{place.type_key}/"):
        for key, body in view.below(above):
            if parse(key).type_key == place.type_key:
                yield body


def top_level(view: View, scope: str) -> Iterator[Body]:
    """Yield the resources of a group or subscription, without children and extensions."""
    for key, body in view.below(f"{scope}/"):
        place = parse(key)
        inside = place.type not in (SUBSCRIPTION, GROUP) and not place.child
        if inside and not place.extension and "/resourcegroups/" in key:
            yield body


def _outline(body: Body) -> Body:
    shown = ("id", "name", "type", "kind", "location", "sku", "identity", "managedBy", "tags")
    return {name: body[name] for name in shown if body.get(name) is not None}


def _is(body: Body, type_name: str) -> bool:
    return parse(body.get("id", "")).type == type_name

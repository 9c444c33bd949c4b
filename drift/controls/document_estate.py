"""An estate of given ARM documents, for ``phidrift evaluate`` and the controls' examples."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.arm.tenant_permissions import missing_permission
from drift.arm.unique_names import is_unique_name
from drift.controls.expanded_documents import (
    OTHERWISE,
    ExpandedDocuments,
    contradicted,
    other_versions,
    shown_whole,
)
from drift.errors import NotGiven, Unreadable
from drift.estate import Baseline
from drift.lazy import Lazy
from drift.model import Resource

Document = Mapping[str, Any] | int | str
"""A body, or the HTTP status that ARM answered instead, or the reason why there is no body."""

Documents = Mapping[str, Document]
"""Documents by lower-case id."""

_ABSENT: Final = 404
_ABOVE: Final = "above all subscriptions: "
_TOP_LEVEL: Final = re.compile(
    r"(/subscriptions/[^/]+)/resourcegroups/[^/]+(/providers/[^/]+/[^/]+)/[^/]+"
)


class DocumentEstate:
    """Answers reads from the given documents.

    ``complete``: a missing document is absent; otherwise it is unreadable. ``lacking`` are the
    subscriptions for which the documents are incomplete nevertheless. A collection can be given as
    its own document (``{"id": …/containers, "value": […]}``), or as its items one by one: then only
    ``complete`` proves that there are no other items. An item of a given collection can also be
    read by itself, and so can a document that another body shows whole. If two bodies of a document
    contradict each other, it is unreadable, and so is a list that has it.
    """

    def __init__(
        self,
        documents: Documents,
        *,
        complete: bool,
        baseline: Baseline,
        now: datetime,
        lacking: frozenset[str] = frozenset(),
    ) -> None:
        self._documents = documents
        self._complete = complete
        self._lacking = lacking
        self._baseline = baseline
        self._now = now
        self._known = _with_listed(documents)
        self._items = _by_collection(self._known)
        self._refused_in = _by_collection(name for name in documents if name not in self._known)
        self._made: dict[int, Resource] = {}
        self._doubted: dict[int, str] = {}
        self._shown: Lazy[ExpandedDocuments] = Lazy(lambda: shown_whole(_every_body(documents)))

    @property
    def baseline(self) -> Baseline:
        """Return what the operator has approved."""
        return self._baseline

    @property
    def now(self) -> datetime:
        """Return the time of the evaluation."""
        return self._now

    def get(self, resource_id: str) -> Resource | None:
        """Return a resource, None if it is absent; raise Unreadable if neither is known."""
        name = ids.key(resource_id)
        if is_unique_name(name):
            return self._anywhere(name)
        if name in self._documents:
            return self._found(name)
        if shown := self._shown.get().get(name):
            return self._whole(name, shown[0])
        collection = name.rpartition("/")[0]
        listed = self._documents.get(collection)
        if isinstance(listed, Mapping) and "value" in listed:
            members = self._listed(collection, listed)
            return next((each for each in members if ids.key(each.id) == name), None)
        if why := _refusal(listed, collection):
            raise Unreadable(resource_id, why)
        if self._is_complete(name):
            return None
        raise NotGiven(resource_id, "not in the input")

    def _anywhere(self, name: str) -> Resource | None:
        """Return the given resource of a type and a name that is unique in the world."""
        try:
            members = self._members(name.rpartition("/")[0], "")
        except Unreadable as error:
            members = error.partial
            absent: Unreadable | None = NotGiven(name, "not in the input")
        else:
            absent = None
        found = next((each for each in members if each.name.lower() == ids.name_of(name)), None)
        if found is None and absent:
            raise absent
        return found

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the resources of a child collection; raise Unreadable, also for a 404."""
        collection = f"{ids.key(resource_id)}/{kind.lower()}"
        if self._documents.get(collection) == _ABSENT:
            raise Unreadable(collection, "the collection answers 404", self._given(collection))
        return self._members(collection, ids.key(resource_id))

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the extensions of a kind, () for a 404; raise Unreadable."""
        collection = f"{ids.key(resource_id)}/providers/{kind.lower()}"
        return self._members(collection, ids.key(resource_id))

    def _members(self, collection: str, owner: str) -> tuple[Resource, ...]:
        """Return all items, or raise Unreadable with the known ones."""
        given = self._given(collection)
        listed = self._documents.get(collection)
        if isinstance(listed, Mapping):
            return self._agreed(_united(self._listed(collection, listed), given))
        refused = self._refused(collection, owner)
        if refused:
            raise Unreadable(refused, _refusal(self._documents[refused], refused), given)
        if listed is None and not self._is_complete(collection):
            raise NotGiven(collection, "not in the input", given)
        return self._agreed(given)

    def _agreed(self, items: tuple[Resource, ...]) -> tuple[Resource, ...]:
        """Return the items of a list; raise Unreadable where another body shows one differently."""
        doubts = [self._doubt(ids.key(each.id), each.body) for each in items]
        if doubt := next(filter(None, doubts), None):
            known = (each for each, why in zip(items, doubts, strict=True) if not why)
            raise Unreadable(doubt.what, doubt.why, tuple(known))
        return items

    def _doubt(self, name: str, body: Mapping[str, Any]) -> Unreadable | None:
        """Return why a body is no evidence, None if it is."""
        if self._documents.get(name) == _ABSENT:
            return Unreadable(name, "another body shows it, but it answers 404")
        if isinstance(why := self._documents.get(name), str):
            return Unreadable(name, why)
        if id(body) not in self._doubted:
            self._doubted[id(body)] = contradicted(name, body, self._shown.get())
        where = self._doubted[id(body)]
        return Unreadable(where, OTHERWISE) if where else None

    def versions(self, resource: Resource) -> Sequence[tuple[str, Resource]]:
        """Return a resource as other bodies show it that contradict its own, each with the property."""
        return other_versions(resource, self._shown.get())

    def _is_complete(self, name: str) -> bool:
        """Tell whether a missing document of this subscription is absent; "" means all subscriptions."""
        subscription = ids.subscription_of(name)
        return self._complete and not (
            subscription in self._lacking if subscription else self._lacking
        )

    def _given(self, collection: str) -> tuple[Resource, ...]:
        """Return the items of a collection that were given one by one."""
        names = [*self._items.get(collection, ()), *self._items.get(_inherited_by(collection), ())]
        return tuple(
            self._resource(self._known[each], each) for each in names if each in self._known
        )

    def _refused(self, collection: str, owner: str) -> str:
        """Return the id of the refused item, collection or resource above it, "" for none.

        A refusal of the blob service also refuses its containers. A refusal of a resource above the
        owner does not count: a refused resource group proves nothing about the account in it.
        """
        above = [ids.key(each) for each in ids.lineage(f"{collection}/item")]
        between = [each for each in above if each.startswith(owner)]
        names: list[str] = [*self._refused_in.get(collection, ()), collection, *between]
        return next((name for name in names if _refusal(self._documents.get(name), name)), "")

    def _found(self, name: str) -> Resource | None:
        document = self._documents[name]
        if isinstance(document, Mapping):
            return self._whole(name, document)
        if why := _refusal(document, name):
            raise Unreadable(name, why)
        shown = self._shown.get().get(name)
        return self._whole(name, shown[0]) if shown else None

    def _whole(self, name: str, body: Mapping[str, Any]) -> Resource:
        """Return a body as a resource; raise Unreadable where another body shows it differently."""
        if doubt := self._doubt(name, body):
            raise doubt
        return self._resource(body, name)

    def _listed(self, collection: str, listed: Mapping[str, Any]) -> tuple[Resource, ...]:
        """Return the items of a collection's own document; raise Unreadable where it is incomplete."""
        items = listed.get("value")
        if not isinstance(items, list | tuple) or not all(
            isinstance(each, Mapping) for each in items
        ):
            raise Unreadable(
                collection, "the collection has no list of items", self._given(collection)
            )
        members = tuple(
            self._resource(each, f"{collection}/{each.get('name', '')}") for each in items
        )
        if listed.get("nextLink"):
            why = "the collection is one page of several"
            raise Unreadable(collection, why, _united(members, self._given(collection)))
        return members

    def _resource(self, body: Mapping[str, Any], name: str) -> Resource:
        """Return a given body as a resource, the same object each time: it records the properties read."""
        found = self._made.get(id(body))  # a resource keeps its body: no other gets that identity
        if found is None:
            found = self._made[id(body)] = _resource(body, name)
        return found


def _refusal(document: Document | None, name: str) -> str:
    """Return why a document cannot be read, "" where it can be read or is absent."""
    if document is None or isinstance(document, Mapping) or document == _ABSENT:
        return ""
    if isinstance(document, str):
        return document
    needs = missing_permission(name, document)
    return f"HTTP {document}{f' ({needs})' if needs else ''}"


def _with_listed(documents: Documents) -> Mapping[str, Mapping[str, Any]]:
    """Return each known body by lower-case id: those given by themselves, then items of collections."""
    bodies = {name: body for name, body in documents.items() if isinstance(body, Mapping)}
    listed = {
        ids.key(each.id): each.body
        for collection, body in bodies.items()
        for each in _items_of(collection, body)
    }
    return {**{name: body for name, body in listed.items() if name not in documents}, **bodies}


def _every_body(documents: Documents) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each body by lower-case id: those given by themselves, and the items of collections."""
    for name, body in documents.items():
        if isinstance(body, Mapping):
            yield name, body
            yield from ((ids.key(each.id), each.body) for each in _items_of(name, body))


def _items_of(collection: str, body: Mapping[str, Any]) -> Iterator[Resource]:
    items = body.get("value")
    for each in items if isinstance(items, list | tuple) else ():
        if isinstance(each, Mapping):
            yield _resource(each, f"{collection}/{each.get('name', '')}")


def _by_collection(documents: Iterable[str]) -> Mapping[str, list[str]]:
    """Return the given ids by collection: of the parent, the subscription, and all subscriptions."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in documents:
        collection = name.rpartition("/")[0]
        found[collection].append(name)
        top = _TOP_LEVEL.fullmatch(name)
        whole = "".join(top.groups()) if top else ""
        if not top and ids.is_inherited(name):
            below = ids.subscription_of(name)
            whole = ids.list_of(name) if below else f"{_ABOVE}{ids.type_of(name)}"
        if ids.type_of(name) == ids.POLICY_STATES:
            whole = ids.list_of(name)
        if whole and whole != collection:
            found[whole].append(name)
        if top:
            found[top.group(2)].append(name)
    return found


def _inherited_by(collection: str) -> str:
    """Return the collection of items that scopes above add to a subscription's list, "" for none."""
    kind = ids.type_of(f"{collection}/item")
    return f"{_ABOVE}{kind}" if ids.is_list(collection) and ids.is_inherited(collection) else ""


def _resource(body: Mapping[str, Any], name: str) -> Resource:
    named = ids.own_of(body) or name
    return Resource(named, ids.type_of(named), body)


def _united(listed: tuple[Resource, ...], given: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Return both without repeats; a resource's own document takes precedence over a list item."""
    return tuple({ids.key(each.id): each for each in (*listed, *given)}.values())

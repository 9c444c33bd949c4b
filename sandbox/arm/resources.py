"""The resources of this Azure: read, write and delete them, and notify listeners."""

import copy
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.arm.lookup import find, peek, require_above, tags_document, top_level
from sandbox.arm.moves import moved
from sandbox.arm.normalise import container, containers, filled, implied, merged
from sandbox.core.arm_errors import group_in_use
from sandbox.core.documents import PLACED, Body, Documents, View
from sandbox.core.paths import DIAGNOSTICS, GROUP, TAGS, Kind, Place, parse, subscription_of
from sandbox.core.people import ENGINEER, Actor
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Refused
from sandbox.providers.compute_rules import DISK, MACHINE, acted, check_unheld, handed_over
from sandbox.providers.network_links import matters_to_networks, refreshed_networks
from sandbox.providers.network_rules import (
    INLINE,
    SECURITY_GROUP,
    fill_security_group,
    in_use,
    matters_to_groups,
    refreshed_groups,
    with_inline,
)
from sandbox.providers.storage_rules import CONTAINER, check_container
from sandbox.seeded_random import SeededRandom


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One successful write, delete or action, as Azure's own logs see it."""

    place: Place
    verb: str
    created: bool
    method: str
    actor: Actor
    at: datetime
    correlation_id: str
    body: Body | None = field(repr=False)


Listen = Callable[[Change], None]
_VERBS: Final = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}


class Cloud:
    """All subscriptions. Every write by a caller is a Change; ``place`` makes none."""

    def __init__(self, clock: Clock, chance: SeededRandom) -> None:
        self.documents = Documents()
        self.clock = clock
        self._chance = chance
        self._listeners: list[Listen] = []
        self._writing = threading.RLock()

    def listen(self, listener: Listen) -> None:
        """Call a listener with every change, in order."""
        self._listeners.append(listener)

    def place(self, *bodies: Body) -> None:
        """Store documents unchanged, as if they had always existed: no rule, no event, no lag.

        Adds the groups and subscriptions that their ids name.
        """
        for body in bodies:
            place = parse(str(body["id"]))
            for above in containers(place):
                if self.documents.view().get(above.path) is None:
                    self.documents.write(above.path, container(above), PLACED)
            self.documents.write(place.path, copy.deepcopy(body), PLACED)

    def read(self, path: str) -> Body:
        """Return the newest version of a document; raise Refused if there is none."""
        return copy.deepcopy(find(self.documents.view(), parse(path)))

    def put(self, path: str, body: Body, actor: Actor = ENGINEER, correlation: str = "") -> Body:
        """Create or replace a document; raise Refused as ARM would."""
        return self._write("PUT", path, body, (actor, correlation))

    def patch(self, path: str, body: Body, actor: Actor = ENGINEER, correlation: str = "") -> Body:
        """Merge into a document; raise Refused as ARM would."""
        return self._write("PATCH", path, body, (actor, correlation))

    def delete(self, path: str, actor: Actor = ENGINEER, correlation: str = "") -> bool:
        """Delete a document and its children; tell whether it existed.

        Deleting a group deletes its resources, each with its own event.
        """
        place = parse(path)
        with self._writing:
            view = self.documents.view()
            before = peek(view, place)
            if before is None:
                return False
            inside = top_level(view, place.path) if place.type == GROUP else ()
            doomed = [parse(str(body["id"])) for body in inside]
            self._remove(view, place, before)
            for each in (*doomed, place):
                self._notify("DELETE", each, None, (actor, correlation))
            return True

    def act(self, path: str, action: str, actor: Actor = ENGINEER, correlation: str = "") -> None:
        """Carry out and record a POST such as ``listKeys``; raise Refused as ARM would."""
        place = parse(path)
        with self._writing:
            before = find(self.documents.view(), place)
            after = acted(place, before, action)
            if after != before:
                self.documents.write(place.path, after, self.clock())
            self._notify(f"POST {action}", place, None, (actor, correlation))

    def move(
        self, resources: Sequence[str], target: str, actor: Actor = ENGINEER, correlation: str = ""
    ) -> None:
        """Move resources to another group; raise Refused if one of them does not exist."""
        group = parse(str(resources[0])[: str(resources[0]).lower().index("/providers/")])
        with self._writing:
            now = self.clock()
            for path, body in list(moved(self.documents.view(), resources, target)):
                self.documents.write(path, body, now)
            self._notify("POST moveResources", group, None, (actor, correlation))

    def change_silently(self, path: str, properties: Body) -> None:
        """Change properties as the data plane does: no event, nothing in the activity log."""
        with self._writing:
            body = self.read(path)
            body["properties"] = {**(body.get("properties") or {}), **properties}
            view = self.documents.view()
            if parse(path).type_key == CONTAINER:
                check_container(view, parse(path), body)
            self.documents.write(path, body, self.clock())

    def _write(self, method: str, path: str, body: Body, who: tuple[Actor, str]) -> Body:
        place = parse(path)
        if place.kind is not Kind.DOCUMENT:
            raise Refused(400, "InvalidResourceType", "The path does not name a resource.")
        with self._writing:
            view = self.documents.view()
            before = peek(view, place)
            if before is None and method == "PATCH":
                find(view, place)
            require_above(view, place)
            after = self._stored(view, place, merged(method, before, body, place))
            self._notify(method, place, after, who, created=before is None)
            return copy.deepcopy(after)

    def _stored(self, view: View, place: Place, body: Body) -> Body:
        now = self.clock()
        if place.type_key == TAGS:
            target = find(view, parse(place.above)) | {"tags": body["properties"]["tags"]}
            self.documents.write(place.above, target, now)
            return tags_document(target)
        before = peek(view, place)
        whole = filled(view, place, (before, body), now)
        if place.type_key in INLINE:
            parent = with_inline(find(view, parse(place.above)), place, whole)
            self._put_parent(parent, now)
        else:
            self.documents.write(place.path, whole, now)
        if before is None:
            for each in implied(place, whole):
                self.documents.write(each["id"], each, now)
        self._refresh(place, now)
        self._hand_over(place, before, whole)
        return find(self.documents.view(), place)

    def _put_parent(self, parent: Body, now: datetime) -> None:
        if parse(parent["id"]).type_key == SECURITY_GROUP:
            parent = fill_security_group(parent)
        self.documents.write(parent["id"], parent, now)

    def _refresh(self, place: Place, now: datetime) -> None:
        if matters_to_groups(place):
            for body in refreshed_groups(self.documents.view(), subscription_of(place.path)):
                self.documents.write(body["id"], body, now)
        if matters_to_networks(place):
            for body in refreshed_networks(self.documents.view()):
                self.documents.write(body["id"], body, now)

    def _hand_over(self, place: Place, before: Body | None, after: Body | None) -> None:
        """Update each disk that a machine's write attached or detached."""
        if place.type_key == MACHINE:
            for disk in handed_over(self.documents.view(), before, after):
                self.documents.write(disk["id"], disk, self.clock())

    def _remove(self, view: View, place: Place, before: Body) -> None:
        now = self.clock()
        if place.type_key == TAGS:
            target = find(view, parse(place.above)) | {"tags": {}}
            self.documents.write(place.above, target, now)
        elif place.type_key in INLINE:
            self._put_parent(with_inline(find(view, parse(place.above)), place, None), now)
        else:
            if place.type_key == SECURITY_GROUP and in_use(before):
                raise group_in_use(place.path)
            if place.type_key == DISK:
                check_unheld(before)
            self._remove_all(view, place, now)
        self._refresh(place, now)
        self._hand_over(place, before, None)

    def _remove_all(self, view: View, place: Place, now: datetime) -> None:
        """Delete a document and its children; diagnostic settings outlive their target."""
        for key, _ in view.below(f"{place.key}/"):
            if parse(key).type_key != DIAGNOSTICS:
                self.documents.write(key, None, now)
        self.documents.write(place.path, None, now)

    def _notify(
        self,
        method: str,
        place: Place,
        body: Body | None,
        who: tuple[Actor, str],
        *,
        created: bool = False,
    ) -> None:
        actor, correlation = who
        post, _, action = method.partition(" ")
        change = Change(
            place=place,
            verb=_VERBS.get(post) or f"{action}/action",
            created=created,
            method=post,
            actor=actor,
            at=self.clock(),
            correlation_id=correlation or self._chance.guid("correlation"),
            body=body,
        )
        for listener in self._listeners:
            listener(change)

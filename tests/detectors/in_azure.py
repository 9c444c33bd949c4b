"""The examples in the sandbox's Azure: placed long ago, or just written."""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from detectors.examples import Example
from detectors.storage.accounts import ACCOUNT
from drift import ids
from drift.arm import graph
from drift.arm.types import NETWORK, SUBNET
from sandbox.arm.replicas import Lag, Replicas
from sandbox.arm.resources import Change
from sandbox.core.documents import PLACED, Documents
from sandbox.core.paths import parse
from sandbox.core.people import ENGINEER
from sandbox.seeded_random import SeededRandom
from sandbox.world import Sandbox
from tests.detectors.judging import EXAMPLES
from tests.support.extent import EVERYTHING
from tests.support.production_reader import address_of

Body = dict[str, Any]

BEYOND_ARM = {
    # Who hands in a file may hand in a part of a collection; a reader has the whole of it or nothing.
    "STORAGE-PUBLIC-ACCESS-fail-only the first page of containers is at hand",
    "STORAGE-PUBLIC-ACCESS-fail-the containers cannot all be listed, but one is known to be open",
    "STORAGE-CMK-fail-a scope with Microsoft's key, and the list is refused besides",
    # A state of Azure is that of one resource; only Resource Graph counts them.
    "POLICY-REMEDIATION-fail-more resources than a task repairs",
}
"""Examples that cannot be an answer of ARM."""

_ALWAYS_THERE = ("queueServices/default", "tableServices/default")
"""Properties that every storage account has in Azure, and that examples omit."""


def _in_order(example: Example) -> Example:
    """Return an example with everything in the order of the ids, as the sandbox lists it."""
    related = {
        path: {**body, "value": sorted(body["value"], key=_name)}
        if isinstance(body, dict) and isinstance(body.get("value"), list)
        else body
        for path, body in sorted(example.related.items())
    }
    return replace(example, related=related)


def _name(body: Body) -> str:
    return str(body["name"]).lower()


IN_ARM = [_in_order(each) for each in EXAMPLES if str(each) not in BEYOND_ARM]

WAYS: Final = ("reads", "events", "payload", "row")
"""The ways to a verdict that pass through an Azure; ``judging`` and ``evaluate`` take all examples."""


def _first_of_each_outcome() -> set[str]:
    kinds = {(each.detector.CONTROL.id, each.outcome): str(each) for each in reversed(IN_ARM)}
    return set(kinds.values())


_EVERY_WAY: Final = _first_of_each_outcome()


def examples_by(way: str) -> list[Example]:
    """Return the examples that are tried in this way; all of them in ``make test-all``.

    ``make test`` tries the first of each control and outcome in every way, and each other in one.
    """
    tried = IN_ARM if way != "payload" else [each for each in IN_ARM if not _is_tenant(each)]
    return [each for each in tried if EVERYTHING or way in _ways_of(str(each))]


def _is_tenant(example: Example) -> bool:
    """Tell whether an example is about a tenant, which no event shows."""
    return example.resource.type == ids.TENANT


def _ways_of(name: str) -> Sequence[str]:
    return WAYS if name in _EVERY_WAY else (WAYS[zlib.crc32(name.encode()) % len(WAYS)],)


def emptied(azure: Sandbox, lag: Lag | None = None, *, seed: int = 0) -> None:
    """Leave nothing there and nothing broken; have replicas lag so, alike for each seed."""
    azure.clear()
    azure.cloud.documents = Documents()
    azure.arm.replicas = Replicas(azure.cloud.documents, azure.clock, SeededRandom(seed), lag)


def place(azure: Sandbox, example: Example, *, harmed: str = "") -> None:
    """Place all documents of an example; a refused document has no row either, except a damaged one."""
    if example.resource.type == ACCOUNT:
        azure.place(*({"id": f"{example.resource.id}/{each}"} for each in _ALWAYS_THERE))
    azure.place(*bodies(example).values())
    azure.resource_graph.hidden.clear()
    for path, body in example.documents.items():
        if isinstance(body, int) and path != harmed:
            refuse(azure, path, body)
            azure.resource_graph.hidden.add(path)


def refuse(azure: Sandbox, document: str, status: int) -> None:
    """Have the service that a document is read from refuse it."""
    service = azure.graph if graph.is_graph(document) else azure.arm
    service.refuse(f"{re.escape(address_of(document))}$", status=status)


def place_row(azure: Sandbox, example: Example) -> None:
    """Place the network of a subnet: a subnet has no row."""
    resource = example.resource
    if resource.type == SUBNET:
        network = resource.id.rpartition("/subnets/")[0]
        shown = {"name": resource.name, **resource.body}
        azure.place({"id": network, "type": NETWORK, "properties": {"subnets": [shown]}})


def write(azure: Sandbox, example: Example, before: Mapping[str, Body]) -> list[Change]:
    """Let engineers change the earlier state into an example; return the documents that they wrote."""
    place(azure, example)
    after, documents = bodies(example), azure.cloud.documents
    for key in after.keys() - before.keys():
        documents.write(key, None, PLACED)
    azure.place(*before.values())
    refused = example.documents.keys() - after.keys()
    written = [
        written_now(azure, str(body["id"]), after.get(key))
        for key, body in {**before, **after}.items()
        if key not in refused and before.get(key) != after.get(key)
    ]
    for each in written:
        documents.write(each.place.path, each.body, each.at)
    return written


def written_now(azure: Sandbox, path: str, body: Body | None) -> Change:
    """Return a write by an engineer, or (None) a deletion, as Azure's own logs see it."""
    return Change(
        place=parse(path),
        verb="delete" if body is None else "write",
        created=False,
        method="DELETE" if body is None else "PUT",
        actor=ENGINEER,
        at=azure.clock(),
        correlation_id="",
        body=body,
    )


def bodies(example: Example) -> dict[str, Body]:
    """Return each document of an example that can be read, by lower-case id."""
    found = (
        each
        for path, body in example.documents.items()
        if isinstance(body, dict)
        for each in _documents(path, body)
    )
    return {ids.key(each["id"]): each for each in found}


def _documents(path: str, body: Body) -> list[Body]:
    """Return a document, or each item of a collection, with its own id."""
    items = body.get("value")
    if items is None:
        return [{**body, "id": body.get("id") or path}]
    return [{**each, "id": f"{path}/{each['name']}", "type": ids.type_of(path)} for each in items]

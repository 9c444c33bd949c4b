"""An example without a property, with a value of a wrong type, or without the answer to a read."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from detectors.examples import Example
from drift.errors import Unreadable
from drift.estate import Around, Baseline
from drift.model import Resource

Variants = Callable[[Mapping[str, Any]], Iterator[tuple[str, dict[str, Any]]]]
"""Yields each variant of a body, with what differs in it."""

STRANGE: tuple[object, ...] = ("strange", 17, ["strange"], [{}])


class Watched:
    """An estate that records its reads, and refuses the read with a given number."""

    def __init__(self, estate: Around, refused: int | None = None) -> None:
        self._estate = estate
        self._refused = refused
        self.asked: list[str] = []

    @property
    def baseline(self) -> Baseline:
        return self._estate.baseline

    @property
    def now(self) -> datetime:
        return self._estate.now

    def get(self, resource_id: str) -> Resource | None:
        self._note(resource_id)
        return self._estate.get(resource_id)

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        self._note(f"{resource_id}/{kind}/each")
        return self._estate.children(resource_id, kind)

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        self._note(f"{resource_id}/providers/{kind}/each")
        return self._estate.extensions(resource_id, kind)

    def _note(self, asked: str) -> None:
        self.asked.append(asked)
        if len(self.asked) - 1 == self._refused:
            raise Unreadable(asked, "HTTP 403")


def without_each_property(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in body.items():
        yield name, {other: each for other, each in body.items() if other != name}
        if isinstance(value, Mapping):
            for path, rest in without_each_property(value):
                yield f"{name}.{path}", {**body, name: rest}


def with_each_value_spoilt(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in body.items():
        for strange in STRANGE:
            yield f"{name} = {strange!r}", {**body, name: strange}
        if isinstance(value, Mapping):
            for path, spoilt in with_each_value_spoilt(value):
                yield f"{name}.{path}", {**body, name: spoilt}


def each_variant(example: Example, variants: Variants) -> list[tuple[str, str, dict[str, Any]]]:
    """Return each variant of each document of an example: its id, what differs, and the body."""
    return [
        (name, path, body)
        for name, document in example.documents.items()
        if isinstance(document, dict)
        for path, body in variants(document)
    ]

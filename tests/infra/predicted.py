"""What the templates deploy, as their committed snapshots show it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
SUBSCRIPTION: Final = "/subscriptions/11111111-1111-1111-1111-111111111111"
GROUP: Final = f"{SUBSCRIPTION}/resourceGroups/rg-snapshot"

Body = dict[str, Any]


def resources(part: str, shown: str = "snapshot") -> tuple[Body, ...]:
    """Return the resources that a part of infra/ deploys, by the snapshot of a parameter file."""
    text = (ROOT / f"infra/{part}/{shown}.snapshot.json").read_text(encoding="utf-8")
    snapshot: Body = json.loads(text)
    assert snapshot["diagnostics"] == []
    return tuple({"properties": {}, **each} for each in snapshot["predictedResources"])


def of_type(part: str, kind: str) -> tuple[Body, ...]:
    """Return the resources of one type."""
    return tuple(each for each in resources(part) if each["type"].lower() == kind.lower())


def only(part: str, kind: str) -> Body:
    """Return the one resource of a type."""
    [found] = of_type(part, kind)
    return found


def scope_of(extension: Body) -> str:
    """Return the id of what a role assignment or a diagnostic setting extends."""
    return str(extension["id"]).rpartition("/providers/")[0]


def strings(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each string below a value with its path."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from strings(each, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from strings(each, path)
    elif isinstance(value, str):
        yield path, value

"""The resources of a Bicep snapshot (`bicep snapshot`) as cases: what a deployment would create.

A value that only the deployment knows is an expression in the snapshot, such as the principal id of
a new identity. A control that needs one returns unknown: the expression never counts as text or as
absent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cli.offline.arm_bodies import OfflineCase, cases_of
from cli.offline.json_documents import BadLine, Item, items
from drift.controls.result import ControlResult
from drift.errors import Unreadable

_RESOURCES: Final = "predictedResources"
_NO_SNAPSHOT: Final = (
    f'it is not a Bicep snapshot: it has no list "{_RESOURCES}". '
    "Make one with `bicep snapshot FILE.bicepparam --mode overwrite --deployment-name NAME`"
)
_EMPTY: Final[Mapping[str, Any]] = {"properties": {}}
"""A snapshot leaves out ``properties`` where there are none."""


class RunTimeValue(Mapping[str, Any]):
    """A value that is known only during the deployment: every use of it raises Unreadable."""

    def __init__(self, expression: str) -> None:
        self._expression = expression

    def __str__(self) -> str:
        """Return the expression."""
        return self._expression

    __repr__ = __str__

    def _known(self) -> Mapping[str, Any]:
        raise Unreadable(self._expression[:80], "known only during the deployment")

    def __getitem__(self, name: str) -> Any:
        return self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def __bool__(self) -> bool:
        return bool(self._known())

    def __contains__(self, name: object) -> bool:
        return name in self._known()

    def __eq__(self, other: object) -> bool:
        return self._known() == other

    def __hash__(self) -> int:
        return hash(tuple(self._known()))


def snapshot_cases(text: str) -> tuple[OfflineCase | BadLine, ...]:
    """Return a case for each resource that a snapshot predicts, each related to all others."""
    found = items(text)
    if len(found) != 1 or isinstance(found[0], BadLine):
        bad = tuple(each for each in found if isinstance(each, BadLine))
        return bad or (BadLine(1, _NO_SNAPSHOT),)
    snapshot, line = found[0].value, found[0].line
    predicted = snapshot.get(_RESOURCES)
    if not isinstance(predicted, list):
        return (BadLine(line, _NO_SNAPSHOT),)
    said = snapshot.get("diagnostics") or []
    problems = (BadLine(line, f"the snapshot is not complete: {each}") for each in said)
    return (*problems, *cases_of([_item(line, each) for each in predicted]))


def _item(line: int, body: object) -> Item | BadLine:
    if not isinstance(body, dict):
        return BadLine(line, "a predicted resource is not an object")
    known = {**_EMPTY, **{name: with_run_time_values(value) for name, value in body.items()}}
    for name in ("id", "type", "name"):
        if isinstance(known.get(name), RunTimeValue):
            return BadLine(
                line, f"the {name} of a resource is known only at run time: {body[name]}"
            )
    return Item(line, known)


def with_run_time_values(value: Any) -> Any:
    """Return a value with a RunTimeValue in the place of each expression."""
    if isinstance(value, str):
        if value.startswith("[["):  # how a template writes a text that begins with a bracket
            return value[1:]
        return RunTimeValue(value) if value.startswith("[") and value.endswith("]") else value
    if isinstance(value, list):
        return [with_run_time_values(each) for each in value]
    if isinstance(value, dict):
        computed = [name for name in value if name.startswith("[") and name.endswith("]")]
        if computed:
            return RunTimeValue(computed[0])
        return {name: with_run_time_values(each) for name, each in value.items()}
    return value


def with_expressions(result: ControlResult) -> ControlResult:
    """Return a result whose evidence shows the expression of each value that is not known yet."""
    evidence = tuple(replace(each, value=_as_text(each.value)) for each in result.verdict.evidence)
    return replace(result, verdict=replace(result.verdict, evidence=evidence))


def _as_text(value: Any) -> Any:
    if isinstance(value, RunTimeValue):
        return str(value)
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    return [_as_text(each) for each in value] if isinstance(value, list | tuple) else value

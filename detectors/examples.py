"""The examples of each control, ``<control>.examples.json``, which tests and documents share.

A file holds a whole ARM body (``resource``), the related resources by id (``related``: a body, or
``{"status": 403}`` where ARM refuses it; ``~`` stands for the resource's id; other resources are
absent) and what the operator approved (``baseline``). Under ``pass``, ``fail``, ``unknown`` and
``not_applicable`` each example has a name, merge patches (RFC 7396) for ``resource`` and for each
of the ``related``, whole values for ``baseline``, and the expected result: the ``severity`` of a
failure, and words that the reason ``says``. Every resource holds PHI because its subscription is
listed; with a ``former_tag``, the PHI tag it once carried ("" for none), its tags alone tell.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from drift import ids
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.detector import Detector
from drift.estate import Around, Baseline
from drift.model import Outcome, Resource, Severity
from drift.phi.resolver import LazyScopeResolver, PriorScope

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""When every example is evaluated."""

_OUTCOMES: Final = (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE)
_BASE: Final = frozenset({"resource", "related", "baseline"})
_EXPECTED: Final = frozenset({"severity", "says", "former_tag"})

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One case of one control: the resources, and the expected result."""

    detector: Detector
    name: str
    resource: Resource
    related: Mapping[str, Body | int]
    baseline: Baseline
    outcome: Outcome
    severity: Severity | None
    says: tuple[str, ...]
    former_tag: str | None

    def __str__(self) -> str:
        return f"{self.detector.CONTROL.id}-{self.outcome}-{self.name}"

    @property
    def documents(self) -> dict[str, Body | int]:
        """Return all resources by lower-case id, the evaluated one first."""
        return {ids.key(self.resource.id): dict(self.resource.body), **self.related}

    def estate(self) -> DocumentEstate:
        """Return the estate around the resource; other resources do not exist."""
        return DocumentEstate(self.related, complete=True, baseline=self.baseline, now=NOW)

    @property
    def phi(self) -> PhiScope:
        """Return what counts as PHI in it."""
        listed = (ids.subscription_of(self.resource.id),) if self.former_tag is None else ()
        return PhiScope(subscriptions=listed)

    def scoping(self, resource: Resource, estate: Around) -> LazyScopeResolver:
        """Return the scope of its resource as it stands in an estate."""
        tag = self.former_tag or ""
        prior = PriorScope(tag, tag and f"the resource itself is tagged {tag}")
        return LazyScopeResolver(resource, estate, self.phi, prior)


def load(detector: Detector) -> tuple[Example, ...]:
    """Return the examples of a control's module; raise ValueError on a file that is not one."""
    path = Path(str(getattr(detector, "__file__", ""))).with_suffix(".examples.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    _refuse_others(document, _BASE.union(_OUTCOMES), path.name)
    return tuple(_examples(detector, document))


def _examples(detector: Detector, document: Body) -> Iterator[Example]:
    for outcome in _OUTCOMES:
        for name, case in document.get(outcome, {}).items():
            _refuse_others(case, _BASE | _EXPECTED, name)
            body = _merged(document["resource"], case.get("resource", {}))
            severity = case.get("severity")
            yield Example(
                detector=detector,
                name=name,
                resource=Resource(body["id"], ids.type_of(body["id"]), body),
                related=_related(document, case, body["id"]),
                baseline=_baseline({**document.get("baseline", {}), **case.get("baseline", {})}),
                outcome=outcome,
                severity=None if severity is None else Severity(severity),
                says=tuple(case.get("says", ())),
                former_tag=case.get("former_tag"),
            )


def _related(document: Body, case: Body, resource_id: str) -> dict[str, Body | int]:
    merged = _merged(document.get("related", {}), case.get("related", {}))
    found: dict[str, Body | int] = {}
    for name, body in merged.items():
        named = name.replace("~", resource_id, 1)
        found[ids.key(named)] = body["status"] if "status" in body else _whole(named, body)
    return found


def _whole(resource_id: str, body: Body) -> Body:
    """Return a body with the names that every ARM body carries."""
    if "value" in body:
        return {"id": resource_id, **body}
    name = ids.name_of(resource_id)
    return {"id": resource_id, "name": name, "type": ids.type_of(resource_id), **body}


def _baseline(approved: Body) -> Baseline:
    _refuse_others(approved, {each.name for each in fields(Baseline)}, "baseline")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in approved.items()
    }
    return Baseline(**values)


def _merged(body: Any, patch: Any) -> Any:
    """Apply a JSON merge patch: null removes, an object goes deeper, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(body) if isinstance(body, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _refuse_others(found: Body, known: frozenset[str] | set[str], where: str) -> None:
    others = found.keys() - known
    if others:
        raise ValueError(
            f"{where}: {', '.join(sorted(others))} is none of {', '.join(sorted(known))}"
        )

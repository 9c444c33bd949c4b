"""One result as ``evaluate`` and ``scan`` print it in JSON and CSV."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from drift.codec import encode
from drift.config.model import Config
from drift.controls.engine import reason_of
from drift.controls.expanded_documents import OTHERWISE
from drift.controls.result import ControlResult
from drift.detector import Detectors, detectors_of
from drift.estate import Scope
from drift.model import MISSING, Outcome, Resource, Verdict, sentence
from drift.remediation.az_commands import command


def line(resource_id: str, result: ControlResult, *, case: Any = None) -> str:
    """Return one result as a line of JSON."""
    return json.dumps(as_data(resource_id, result, case=case))


def as_data(resource_id: str, result: ControlResult, *, case: Any = None) -> dict[str, Any]:
    """Return one result as data; the order of the keys is part of the interface."""
    control, verdict, scope = result.control, result.verdict, result.scope
    return {
        "case": case,
        "resourceId": resource_id,
        "control": control.id,
        "outcome": verdict.outcome,
        "severity": result.severity,
        "phi": scope.phi,
        "reason": reason_of(result),
        "evidence": [
            {
                "path": each.path,
                "value": None if each.value is MISSING else encode(each.value),
                "expected": each.expected,
            }
            for each in verdict.evidence
        ],
        "hipaa": list(control.hipaa),
        "fix": {
            "command": command(verdict.fix) if verdict.fix else None,
            "note": verdict.fix.note if verdict.fix else "",
        },
    }


def unreadable(
    resource: Resource, why: str, detectors: Detectors, config: Config
) -> Iterator[ControlResult]:
    """Yield unknown for each control of a resource that could not be read."""
    verdict = Verdict(Outcome.UNKNOWN, sentence(f"Cannot tell: {why}"))
    scope = Scope(None, "its tags cannot be read")
    for each in detectors_of(detectors, resource.type):
        if each.CONTROL.id not in config.disabled:
            yield ControlResult(each.CONTROL, verdict, None, scope)


def agreed(path: str, one: ControlResult, other: ControlResult) -> ControlResult:
    """Return what one control found on two bodies of a resource that show a property differently.

    Where the outcomes differ it is unknown; where both fail, the higher severity counts.
    """
    if one.verdict.outcome is not other.verdict.outcome:
        why = sentence(f"Cannot tell: {path}: {OTHERWISE}")
        return replace(one, verdict=Verdict(Outcome.UNKNOWN, why), severity=None)
    if one.severity and other.severity and other.severity.rank > one.severity.rank:
        return other
    return one

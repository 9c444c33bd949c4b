"""One failure held against the one on record: the same, worse, or only seen less well."""

from dataclasses import replace

from drift.controls.result import ControlResult
from drift.incidents import lifecycle
from drift.model import Evidence, Severity
from drift.state import canonical
from drift.state.incident_record import Incident
from drift.state.size_limits import storable


def severity_of(result: ControlResult) -> Severity:
    """Return how bad a failure is."""
    return result.severity or result.control.severity


def fingerprint_of(result: ControlResult) -> str:
    """Return what makes two failures of one control the same."""
    return lifecycle.fingerprint(severity_of(result), result.verdict.evidence)


def adds_information(current: Incident, result: ControlResult, *, doubtful: bool) -> bool:
    """Tell whether a failure differs from the one on record.

    ``doubtful``: something could not be read; then only what is worse, or new in it, makes it differ.
    """
    if not doubtful:
        return fingerprint_of(result) != current.fingerprint
    return severity_of(result).rank > current.severity.rank or bool(_fresh(current, result))


def merged_with_record(current: Incident, result: ControlResult) -> ControlResult:
    """Return a failure with all that is on record of it: what cannot be read now is not repaired."""
    severity = max(severity_of(result), current.severity, key=lambda each: each.rank)
    evidence = (*current.evidence, *_fresh(current, result))
    verdict = replace(result.verdict, evidence=evidence)
    return replace(result, verdict=verdict, severity=severity)


def _fresh(current: Incident, result: ControlResult) -> tuple[Evidence, ...]:
    known = {(each.path, canonical.canonical(each.value)) for each in current.evidence}
    return tuple(
        each
        for each in storable(result.verdict.evidence)
        if (each.path, canonical.canonical(each.value)) not in known
    )

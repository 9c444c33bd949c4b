"""Compare a failure with the incident's record: equal, more severe, or less readable than before."""

import hashlib
from dataclasses import replace

from drift.controls.result import ControlResult
from drift.model import Evidence, Severity
from drift.state.canonical import canonical
from drift.state.incident_record import Incident
from drift.state.size_limits import storable


def severity_of(result: ControlResult) -> Severity:
    """Return the severity of a failure."""
    return result.severity or result.control.severity


def fingerprint_of(result: ControlResult) -> str:
    """Return a hash of severity and evidence: equal for the same failure of one control."""
    facts = sorted(f"{each.path}={canonical(each.value)}" for each in result.verdict.evidence)
    return hashlib.sha256("\n".join([severity_of(result), *facts]).encode()).hexdigest()


def adds_information(current: Incident, result: ControlResult, *, doubtful: bool) -> bool:
    """Tell whether a failure differs from the one on record.

    ``doubtful``: some read failed; then only a higher severity or new evidence counts as different.
    """
    if not doubtful:
        return fingerprint_of(result) != current.fingerprint
    return severity_of(result).rank > current.severity.rank or bool(_new_evidence(current, result))


def merged_with_record(current: Incident, result: ControlResult) -> ControlResult:
    """Return a failure with the recorded severity and evidence: unreadable is not repaired."""
    severity = max(severity_of(result), current.severity, key=lambda each: each.rank)
    evidence = (*current.evidence, *_new_evidence(current, result))
    verdict = replace(result.verdict, evidence=evidence)
    return replace(result, verdict=verdict, severity=severity)


def _new_evidence(current: Incident, result: ControlResult) -> tuple[Evidence, ...]:
    known = {(each.path, canonical(each.value)) for each in current.evidence}
    return tuple(
        each
        for each in storable(result.verdict.evidence)
        if (each.path, canonical(each.value)) not in known
    )

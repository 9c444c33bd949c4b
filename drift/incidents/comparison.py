"""One failure held against the one on record: the same, worse, or only seen less well."""

from dataclasses import replace

from drift.controls.engine import Judgement
from drift.incidents import lifecycle
from drift.model import Evidence, Severity
from drift.state import canonical
from drift.state.incident_record import Incident
from drift.state.size_limits import storable


def severity_of(judgement: Judgement) -> Severity:
    """Return how bad a failure is."""
    return judgement.severity or judgement.control.severity


def fingerprint(judgement: Judgement) -> str:
    """Return what makes two failures of one control the same."""
    return lifecycle.fingerprint(severity_of(judgement), judgement.verdict.evidence)


def says_more(current: Incident, judgement: Judgement, *, doubtful: bool) -> bool:
    """Tell whether a failure differs from the one on record.

    ``doubtful``: something could not be read; then only what is worse, or new in it, makes it differ.
    """
    if not doubtful:
        return fingerprint(judgement) != current.fingerprint
    return severity_of(judgement).rank > current.severity.rank or bool(_fresh(current, judgement))


def at_least(current: Incident, judgement: Judgement) -> Judgement:
    """Return a failure with all that is on record of it: what cannot be read now is not repaired."""
    severity = max(severity_of(judgement), current.severity, key=lambda each: each.rank)
    evidence = (*current.evidence, *_fresh(current, judgement))
    verdict = replace(judgement.verdict, evidence=evidence)
    return replace(judgement, verdict=verdict, severity=severity)


def _fresh(current: Incident, judgement: Judgement) -> tuple[Evidence, ...]:
    known = {(each.path, canonical.canonical(each.value)) for each in current.evidence}
    return tuple(
        each
        for each in storable(judgement.verdict.evidence)
        if (each.path, canonical.canonical(each.value)) not in known
    )

"""Evaluate one resource by every control of its type: outcome, severity, scope, exceptions."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from drift.config.model import Config
from drift.controls.exceptions import exception_for
from drift.controls.result import ControlResult
from drift.detector import Detector, Detectors, detectors_of
from drift.errors import NotYetRead, StoreUnavailable, Unreadable
from drift.estate import Around, Baseline, Estate, Scope
from drift.model import Control, Outcome, Resource, Severity, Verdict, sentence
from drift.phi.resolver import ScopeResolver
from drift.trace import trace_at

log: Final = logging.getLogger("drift.controls.engine")

_NOT_NEEDED: Final = Scope(None, "not needed for this verdict")


Rounds = Callable[[], AbstractContextManager[None]]
"""Begins a round: what is asked for in its block is read together at its end (NotYetRead until then)."""


@dataclass(frozen=True, slots=True)
class ScopedEstate:
    """The related resources of the evaluated resource, and its PHI scope."""

    around: Around
    scoping: ScopeResolver

    @property
    def phi(self) -> bool | None:
        """Tell whether the resource holds PHI; None: unknown, so it is treated as PHI."""
        return self.scoping.scope().phi

    @property
    def former_tag(self) -> str:
        """Return the PHI tag that the resource itself last carried, "" where none is known."""
        return self.scoping.former_tag

    @property
    def tagged(self) -> Scope:
        """Return the scope by lists and by tags on the resource and above it only."""
        return self.scoping.tagged

    @property
    def baseline(self) -> Baseline:
        """Return what the operator has approved."""
        return self.around.baseline

    @property
    def now(self) -> datetime:
        """Return the time of the evaluation."""
        return self.around.now

    def get(self, resource_id: str) -> Resource | None:
        """Return a resource as the estate does."""
        return self.around.get(resource_id)

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return a child collection as the estate does."""
        return self.around.children(resource_id, kind)

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return extensions as the estate does."""
        return self.around.extensions(resource_id, kind)

    def holds_phi(self, machine: Resource, /) -> bool | None:
        """Tell whether a related machine holds PHI, None where that is unknown."""
        return self.scoping.holds_phi(machine)


def evaluate_controls(
    detectors: Detectors,
    resource: Resource,
    around: Around,
    *,
    scoping: ScopeResolver,
    config: Config,
    in_rounds: Rounds | None = None,
) -> tuple[ControlResult, ...]:
    """Return a result per enabled control of the resource's type, in the order of ``detectors``.

    ``in_rounds``: what the controls ask for next is read together, round by round.
    """
    estate = ScopedEstate(around, scoping)
    enabled = tuple(
        each
        for each in detectors_of(detectors, resource.type)
        if each.CONTROL.id not in config.disabled
    )
    verdicts = _verdicts_in_rounds(enabled, resource, estate, in_rounds) if in_rounds else {}
    return tuple(
        _with_severity(
            _control_result(each, resource, estate, verdicts.get(number)),
            resource.id,
            config,
            estate.now,
        )
        for number, each in enumerate(enabled)
    )


def _verdicts_in_rounds(
    detectors: Detectors, resource: Resource, estate: Estate, in_rounds: Rounds
) -> dict[int, Verdict]:
    """Return the verdict of each control: a control that lacks a document is evaluated again.

    Controls decide by the resource and the documents alone, so it is the verdict of one evaluation that
    reads one document after another.
    """
    verdicts: dict[int, Verdict] = {}
    while len(verdicts) < len(detectors):
        with in_rounds():
            for number, each in enumerate(detectors):
                if number not in verdicts:
                    with suppress(NotYetRead):
                        verdicts[number] = _verdict(each, resource, estate)
    return verdicts


def _control_result(
    detector: Detector, resource: Resource, estate: ScopedEstate, verdict: Verdict | None
) -> ControlResult:
    """Return the result of one control; a pass needs no scope, so no scope source is read for it."""
    verdict = verdict or _verdict(detector, resource, estate)
    matters = verdict.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    scope = estate.scoping.scope() if matters else estate.scoping.so_far()
    return ControlResult(detector.CONTROL, verdict, None, scope or _NOT_NEEDED)


def _verdict(detector: Detector, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate one control; an error in its code makes only this verdict unknown."""
    try:
        return detector.evaluate(resource, estate)
    except Unreadable as error:
        return Verdict(Outcome.UNKNOWN, unknown_reason(error))
    except (NotYetRead, StoreUnavailable):
        raise  # the control is evaluated again; without the store, the queue retries the message
    except Exception as error:  # noqa: BLE001 - the one broad handler: a bug must not hide the rest
        trace_at(
            log,
            logging.ERROR,
            "control-failed",
            control=detector.CONTROL.id,
            error=type(error).__name__,
        )
        return Verdict(Outcome.UNKNOWN, f"The control itself failed ({type(error).__name__}).")


def unknown_reason(error: Unreadable) -> str:
    """Return the reason of a verdict that is unknown because something is unreadable."""
    return sentence(f"Cannot tell: {error}")


def _with_severity(
    result: ControlResult, resource_id: str, config: Config, now: datetime
) -> ControlResult:
    """Return a failure with its severity (the configured one, if any) and its exception, if any."""
    verdict, control = result.verdict, result.control
    if verdict.outcome is not Outcome.FAIL:
        return result
    severity = config.severities.get(control.id) or severity_in_scope(
        control, verdict, result.scope
    )
    if exemption := exception_for(config, control.id, resource_id, now):
        reason = (
            f"{verdict.reason} Excepted until {exemption.expires:%Y-%m-%d}, "
            f"approved by {exemption.approved_by}: {sentence(exemption.reason)}"
        )
        verdict = replace(verdict, outcome=Outcome.EXCEPTED, reason=reason)
    return replace(result, verdict=verdict, severity=severity)


def severity_in_scope(control: Control, verdict: Verdict, scope: Scope) -> Severity:
    """Return a failure's severity, lowered by the control's own difference for a non-PHI resource."""
    severity = verdict.severity or control.severity
    if scope.phi is False:
        return severity.lowered(control.severity.rank - control.otherwise.rank)
    return severity


def reason_of(result: ControlResult) -> str:
    """Return the reason, with the cause of an unknown PHI status."""
    reason, scope = result.verdict.reason, result.scope
    if scope.phi is None:
        return f"{reason} PHI status unknown ({scope.why}); treated as PHI."
    return reason

"""Whether Event Grid delivers every watched change of a subscription to the monitor, by MONITOR-SELF."""

from dataclasses import replace

from cli.doctor_checks.check import Check, fail, ok, warn
from detectors.monitor import self as deliveries
from drift.model import Outcome, Verdict
from drift.observation.observe import observe
from drift.remediation.az_commands import command
from drift.services import Services
from drift.state.resource_record import Record

_ELSEWHERE = "a monitor that runs elsewhere needs no step; one in Azure needs MONITOR_APP_ID"


def event_delivery(services: Services, subscription: str) -> Check:
    """Evaluate the topics of a subscription as the monitor does."""
    own = replace(services, detectors=(deliveries,))
    seen = observe(own, Record(id=f"/subscriptions/{subscription}"), {})
    if not seen.results:
        finding = "the subscription cannot be read, so its event subscriptions are not known"
        return warn(_name(subscription), finding)
    return checked(subscription, seen.results[0].verdict)


def checked(subscription: str, verdict: Verdict) -> Check:
    """Return the check for a verdict of MONITOR-SELF."""
    name = _name(subscription)
    if verdict.outcome is Outcome.PASS:
        return ok(name, verdict.reason)
    if verdict.outcome is Outcome.NOT_APPLICABLE:
        return ok(name, f"{verdict.reason.removesuffix('.')}: {_ELSEWHERE}")
    if verdict.outcome is Outcome.FAIL and verdict.fix:
        return fail(name, verdict.reason, command(verdict.fix) or verdict.fix.note)
    return warn(name, verdict.reason)


def _name(subscription: str) -> str:
    return f"events of {subscription}"

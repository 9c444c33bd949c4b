"""Test messages: an incident marked as a test, opened and resolved at once."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from cli.doctor_checks.check import Check, fail, ok
from cli.doctor_checks.identity import Principal, grant
from drift import ids
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.model import Outcome, Severity
from drift.notices import Change, Closure, Notice
from drift.ports import Channel
from drift.services import AppInfo
from drift.state import incident_ids
from notifiers.channels import CHANNELS, Channels

CONTROL: Final = "MONITOR-TEST"

_TITLE: Final = "TEST of this channel: nothing has drifted"
_SENT: Final = "THIS IS A TEST, sent by phidrift doctor. Nothing has drifted. No action is needed."
_ENDED: Final = "THE TEST HAS ENDED. Nothing had drifted. No action is needed."
_WHY: Final = "It proves that messages of the monitor arrive here; its all-clear follows at once."

_FORBIDDEN: Final = 403
_LATER: Final = "it may work later: run it again"


def notices(channel: str, facts: AppInfo, now: datetime) -> tuple[Notice, Notice]:
    """Return the opening and the end of a new test incident."""
    resource = f"/subscriptions/{facts.subscriptions[0]}/providers/phidrift/tests/TEST-of-{channel}"
    run = uuid.uuid4().hex
    incident = incident_ids.incident_id(CONTROL, f"{resource}/{run}", 1)
    opened = _opened(resource, incident, facts=facts, run=run, now=now)
    return opened, replace(
        opened,
        uid=incident_ids.notice_uid(incident, 2),
        sequence=2,
        change=Change.RESOLVED,
        closure=Closure.FIXED,
        outcome=Outcome.PASS,
        reason=_ENDED,
    )


def _opened(resource: str, incident: str, *, facts: AppInfo, run: str, now: datetime) -> Notice:
    return Notice(
        uid=incident_ids.notice_uid(incident, 1),
        finding_uid=incident_ids.finding_uid(CONTROL, resource),
        incident_id=incident,
        sequence=1,
        change=Change.OPENED,
        closure=None,
        control_id=CONTROL,
        title=_TITLE,
        service="Monitor",
        why=_WHY,
        hipaa=(),
        resource_id=resource,
        resource_type=ids.type_of(resource),
        subscription_id=facts.subscriptions[0],
        phi=False,
        phi_reason="a test is about no resource",
        outcome=Outcome.FAIL,
        severity=Severity.LOW,
        reason=_SENT,
        evidence=(),
        differences=(),
        fix_command=None,
        fix_note="",
        changed_by=None,
        is_cause=False,
        context=(),
        event_id=f"test-{run}",
        event_at=None,
        read_at=now,
        decided_at=now,
        opened_at=now,
        cloud=facts.cloud,
        portal_url="",
        console_url="",
        code_version=facts.code_version,
        config_hash=facts.config_hash,
    )


def sent(
    channel: Channel,
    facts: AppInfo,
    clock: Callable[[], datetime],
    *,
    principal: Principal,
    specs: Channels = CHANNELS,
) -> Check:
    """Send a test and its all-clear through a channel, and return the result.

    ``principal`` is the identity that may lack a role. A test with an unknown result is also ended,
    so that it does not stay open in the channel.
    """
    name = f"test through {channel.name}"
    opened, resolved = notices(channel.name, facts, clock())
    lost: DeliveryFailed | None = None
    try:
        channel.send(opened, opening=True)
    except DeliveryRejected as error:
        return fail(name, f"refused ({error})", _step(channel.name, error, principal, specs))
    except DeliveryFailed as error:
        lost = error
    try:
        channel.send(resolved, opening=False)
    except (DeliveryFailed, DeliveryRejected) as error:
        finding = f"the all-clear did not go through ({error})"
        step = f"if {CONTROL} is still open in {channel.name}, resolve it by hand"
        return fail(name, finding if lost is None else f"failed ({lost})", step)
    return fail(name, f"failed ({lost})", _LATER) if lost else _arrived(name, channel.name)


def _step(channel: str, error: DeliveryRejected, principal: Principal, specs: Channels) -> str:
    """Return what to do about a refusal: grant a role, or look at the channel's settings."""
    spec = next((each for each in specs if each.name == channel), None)
    if spec is None:
        return ""
    if error.status == _FORBIDDEN and spec.role:
        return grant(principal, spec.role.name, spec.role.scope)
    return error.remedy or spec.remedy


def _arrived(name: str, channel: str) -> Check:
    finding = (
        f"both messages were accepted; look for {CONTROL} in {channel}: acceptance does not "
        "prove that anyone sees it"
    )
    return ok(name, finding)

"""Notices for tests: an ordinary incident as its control reports it, and unusual values of every field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from detectors import examples
from detectors.storage import public_access
from drift import ids
from drift.config.model import Config
from drift.controls.engine import evaluate_controls
from drift.controls.monitor_controls import BLIND, CHANNEL, CONTACT
from drift.model import Actor, Control, Evidence, Outcome, Severity
from drift.notices import Change, Closure, Difference, Found, Notice, Standing
from drift.outbox.notice_builder import fix_command, fix_note

AT: Final = datetime(2026, 11, 22, 3, 14, 7, 125000, tzinfo=UTC)

[_OPEN] = [
    each
    for each in examples.load(public_access)
    if each.name == "a container can be listed by anyone"
]
_ESTATE: Final = _OPEN.estate()
[_RESULT] = evaluate_controls(
    (public_access,),
    _OPEN.resource,
    _ESTATE,
    scoping=_OPEN.scoping(_OPEN.resource, _ESTATE),
    config=Config(),
)

ACCOUNT: Final = _OPEN.resource.id

SUBSCRIPTION: Final = ids.subscription_of(ACCOUNT)

ANNA: Final = Actor(
    name="anna.berg@clinic.example",
    object_id="3d0c8f0e-7a55-4c1b-9d2e-5f3f6a1b2c4d",
    ip="203.0.113.7",
    mfa=False,
)

OPENED: Final = Notice(
    uid="5f1d7b0c9e2a4c6f8b3d5e7a9c1b2d4f",
    finding_uid=f"STORAGE-PUBLIC-ACCESS:{ACCOUNT.lower()}",
    incident_id="9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de",
    sequence=1,
    change=Change.OPENED,
    closure=None,
    control_id=public_access.CONTROL.id,
    title=public_access.CONTROL.title,
    service=public_access.CONTROL.service,
    why=public_access.CONTROL.why,
    hipaa=public_access.CONTROL.hipaa,
    resource_id=ACCOUNT,
    resource_type=_OPEN.resource.type,
    subscription_id=SUBSCRIPTION,
    phi=True,
    phi_reason="resource group clinic-prod is tagged dataClassification=phi",
    outcome=_RESULT.verdict.outcome,
    severity=_RESULT.severity,
    reason=_RESULT.verdict.reason,
    evidence=_RESULT.verdict.evidence,
    differences=(Difference("properties.allowBlobPublicAccess", False, True),),
    fix_command=fix_command(_RESULT),
    fix_note=fix_note(_RESULT),
    changed_by=ANNA,
    is_cause=True,
    context=(),
    event_id="4f1c2d3e-0000-4000-8000-5a6b7c8d9e0f",
    event_at=AT,
    read_at=AT + timedelta(seconds=1),
    decided_at=AT + timedelta(seconds=1, milliseconds=310),
    opened_at=AT + timedelta(seconds=1, milliseconds=310),
    cloud="AzurePublic",
    portal_url=f"https://portal.azure.com/#resource{ACCOUNT}",
    console_url="",
    code_version="0.1.0",
    config_hash="c0ffee12",
)

FIRST_SEEN: Final = replace(OPENED, differences=(), is_cause=False)

UPDATED: Final = replace(
    OPENED,
    uid="0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    sequence=2,
    change=Change.UPDATED,
    decided_at=OPENED.decided_at + timedelta(minutes=10),
    context=(
        "In the hour before, this actor also wrote 3 other resources: nsg-clinic-web, kv-clinic, vm-jump-2",
        "The same actor removed a diagnostic setting of clinicscans at 03:09:44 UTC",
    ),
    console_url="https://phidrift.clinic.example/incidents/9b74c989",
)

UPDATED_NEWS: Final = replace(
    UPDATED,
    severity=Severity.CRITICAL,
    differences=(),
    news=(
        "The severity is now critical; it was high.",
        "Also failing: blobServices/default/containers/scans#properties.publicAccess",
        *UPDATED.context[1:],
    ),
)

LIKELY: Final = replace(OPENED, is_cause=False, standing=Standing.LIKELY)

RAVI: Final = Actor(
    "ravi.menon@imaging-partner.example",
    "8b1f7d20-5c3e-4a86-9f0d-2e4c6a8b0d13",
    "192.0.2.44",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    mfa=False,
    sign_in_ip="198.51.100.200",
    is_guest=True,
)
"""A guest whose requests come from another address than the sign-in."""

SEVERAL: Final = replace(
    OPENED,
    uid="22223333444455556666777788889999",
    sequence=2,
    change=Change.UPDATED,
    is_cause=False,
    changed_by=RAVI,
    standing=Standing.SEVERAL,
    others=(ANNA,),
    differences=(),
    news=("Changed by one of these: ravi.menon, anna.berg. Named before: anna.berg.",),
)

EXISTING: Final = replace(
    FIRST_SEEN, found=Found.FIRST_CONTACT, changed_by=None, event_id="", event_at=None
)

BY_APPLICATION: Final = replace(
    OPENED,
    severity=Severity.HIGH,
    changed_by=Actor(
        "7d1c5b2a-90ab-4cde-8f01-23456789abcd",
        "3d0c8f0e-7a55-4c1b-9d2e-5f3f6a1b2c4d",
        "203.0.113.7",
        "7d1c5b2a-90ab-4cde-8f01-23456789abcd",
    ),
)

RESOLVED: Final = replace(
    OPENED,
    uid="11112222333344445555666677778888",
    sequence=3,
    change=Change.RESOLVED,
    closure=Closure.FIXED,
    outcome=Outcome.PASS,
    reason="Anonymous access is off for the whole account.",
    evidence=(Evidence("properties.allowBlobPublicAccess", False, "false"),),
    differences=(Difference("properties.allowBlobPublicAccess", True, False),),
    fix_command=None,
    fix_note="",
    changed_by=Actor(
        "ops-oncall@clinic.example",
        "81f0a6d2-93c4-4e57-b0a8-6c2d9e4f7b15",
        "198.51.100.24",
        mfa=True,
    ),
    is_cause=False,
    standing=Standing.LIKELY,
    event_at=AT + timedelta(minutes=12),
    read_at=AT + timedelta(minutes=12, seconds=1),
    decided_at=AT + timedelta(minutes=12, seconds=1, milliseconds=420),
)

DELETED: Final = replace(
    RESOLVED,
    change=Change.CLOSED,
    closure=Closure.DELETED,
    outcome=Outcome.UNKNOWN,
    severity=None,
    reason="Azure says the account no longer exists",
    evidence=(),
    differences=(),
)

NO_LONGER_REQUIRED: Final = replace(
    DELETED,
    closure=Closure.NO_LONGER_REQUIRED,
    outcome=Outcome.NOT_APPLICABLE,
    reason="the configuration no longer asks for it",
    changed_by=None,
)

EXCEPTED: Final = replace(
    DELETED,
    closure=Closure.EXCEPTED,
    outcome=Outcome.EXCEPTED,
    severity=Severity.HIGH,
    reason="Public. Excepted until 2027-01-01, approved by the privacy office: public brochures.",
)

UNKNOWN: Final = replace(
    OPENED,
    change=Change.UNKNOWN,
    outcome=Outcome.UNKNOWN,
    severity=None,
    phi=None,
    phi_reason="the tags of the resource group cannot be read",
    reason="Cannot tell: the containers cannot be listed (HTTP 403).",
    evidence=(),
    differences=(),
    fix_command=None,
    changed_by=None,
    is_cause=False,
    event_at=None,
)


def _of_monitor(control: Control, subject: str, resource_type: str, reason: str) -> Notice:
    """Return a notice by which the monitor reports on itself."""
    return replace(
        OPENED,
        control_id=control.id,
        title=control.title,
        service=control.service,
        why=control.why,
        hipaa=control.hipaa,
        severity=control.severity,
        resource_id=f"/subscriptions/{SUBSCRIPTION}/providers/{subject}",
        resource_type=resource_type,
        reason=reason,
        phi=None,
        phi_reason="",
        evidence=(),
        differences=(),
        fix_command=None,
        fix_note=control.fix,
        changed_by=None,
        is_cause=False,
        event_id="",
        event_at=None,
    )


MONITOR_BLIND: Final = replace(
    _of_monitor(
        BLIND,
        "microsoft.storage",
        "microsoft.storage",
        "The monitor has not been able to read microsoft.storage since 2026-11-22 03:09:05 UTC. "
        "2 resources cannot be evaluated: clinicscans, clinicnotes.",
    ),
    evidence=(
        Evidence(f"affected[{ACCOUNT}]", "unreadable", "readable"),
        Evidence(f"affected[{ACCOUNT.replace('scans', 'notes')}]", "unreadable", "readable"),
    ),
)

MONITOR_CHANNEL: Final = replace(
    _of_monitor(
        CHANNEL,
        "phidrift/channels/pagerduty",
        "phidrift/channels",
        "1 incident was not delivered to PagerDuty since 2026-11-22 03:09:05 UTC. "
        "The monitor keeps retrying, and retries at once when the channel's settings change.",
    ),
    evidence=(Evidence("channel[pagerduty]", "refuses", "accepts"),),
)

FIRST_SCAN: Final = replace(
    _of_monitor(
        CONTACT,
        f"phidrift/firstcontacts/{SUBSCRIPTION}",
        "phidrift/firstcontacts",
        "The first scan found 3 existing failures: 1 critical, 2 high.",
    ),
    evidence=(
        Evidence("STORAGE-PUBLIC-ACCESS (critical)", 1, "0"),
        Evidence("STORAGE-TLS (high)", 2, "0"),
    ),
    context=("critical: STORAGE-PUBLIC-ACCESS on storageAccounts/clinicscans",),
)

HOSTILE_TEXT: Final = (
    "**bold** [click](https://evil.example) <img src=x onerror=alert(1)> <script>alert(2)</script> "
    "{{DATE(2026-01-01T00:00:00Z, SHORT)}} {{TIME(2026-01-01T00:00:00Z)}} ${title} @{body()} \\n \"'`"
)

RIGHT_TO_LEFT: Final = "مستشفى-السجلات-الطبية"


def hostile(text: str = HOSTILE_TEXT) -> Notice:
    """Return a notice in which others named everything they may name."""
    return replace(
        OPENED,
        resource_id=f"{ACCOUNT}/{text.replace('/', '∕')}",
        reason=f"{text} is open",
        phi_reason=f"tag {text}",
        evidence=(Evidence(f"tags.{text}", text, text),),
        differences=(Difference(text, text, {text: [text]}),),
        fix_note=text,
        news=(text,),
        changed_by=Actor(text, text, text, text, mfa=None, sign_in_ip=f"{text}."),
        others=(Actor(f"{text}…", text, is_managed_identity=True),),
        context=(text,),
    )


def huge(unit: str = "x", count: int = 60) -> Notice:
    """Return a notice in which nothing has a sensible size."""
    long: Any = unit * 9_000
    return replace(
        OPENED,
        title=long,
        why=long,
        hipaa=tuple(f"164.{each}" for each in range(count)),
        resource_id=f"{ACCOUNT}/{long}",
        phi_reason=long,
        reason=long,
        evidence=tuple(Evidence(f"{each}{long}", [long] * 3, long) for each in range(count)),
        differences=tuple(Difference(f"d{each}{long}", {"a": long}, long) for each in range(count)),
        fix_command=long,
        fix_note=long,
        changed_by=Actor(long, long, long, long, sign_in_ip=f"{long}."),
        others=(Actor(long, long, long),) * count,
        context=(long,) * count,
        news=(long,) * count,
        portal_url=f"https://portal.azure.com/{long}",
        console_url=f"https://phidrift.clinic.example/{long}",
    )


BARE: Final = replace(
    OPENED,
    title="",
    why="",
    hipaa=(),
    resource_id="",
    resource_type="",
    subscription_id="",
    phi_reason="",
    reason="",
    evidence=(),
    differences=(Difference("", "", None),),
    fix_command=None,
    fix_note="",
    changed_by=Actor(""),
    event_id="",
    event_at=None,
    cloud="",
    portal_url="",
)

EVERY: Final = {
    "opened": OPENED,
    "most likely": LIKELY,
    "one of several": SEVERAL,
    "first seen": FIRST_SEEN,
    "updated": UPDATED,
    "updated with news": UPDATED_NEWS,
    "existing": EXISTING,
    "by an application": BY_APPLICATION,
    "monitor blind": MONITOR_BLIND,
    "monitor channel": MONITOR_CHANNEL,
    "first scan": FIRST_SCAN,
    "resolved": RESOLVED,
    "deleted": DELETED,
    "no longer required": NO_LONGER_REQUIRED,
    "excepted": EXCEPTED,
    "unknown": UNKNOWN,
    "bare": BARE,
    "hostile": hostile(),
    "right to left": hostile(RIGHT_TO_LEFT),
    "huge": huge(),
    "huge and wide": huge('漢😀"\\'),
    "huge macros": huge("{{DATE(2026-01-01T00:00:00Z)}}"),
    "half a character": hostile("\ud83d half \udc00"),
    "hidden marks": hostile("a\u202egnp.exe\u2066\x00\x1b[31m\nResolved: all is well"),
}

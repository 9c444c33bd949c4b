"""The controls about the monitor itself: failed reads and deliveries, the first scan, gaps, reminders."""

from dataclasses import replace
from typing import Final

from drift.model import Control, Severity

BLIND: Final = Control(
    id="MONITOR-BLIND",
    title="Monitor must be able to read the resources in scope",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Drift of the affected resources is not detected while they cannot be read.",
    fix="Give the monitor's identity the Reader role on the subscription. "
    "If Azure throttles the reads, wait: they resume by themselves.",
    watches={"phidrift/dependencies": ("affected",)},
)

CHANNEL: Final = Control(
    id="MONITOR-CHANNEL",
    title="Channel must accept the messages of the monitor",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.308(a)(6)(ii)",),
    why="People who rely on this channel get no alerts until it is repaired.",
    fix="Renew the channel's token or address in the app settings. Held messages are then sent.",
    watches={"phidrift/channels": ("refusing",)},
)

EVIDENCE_LOG: Final = replace(
    CHANNEL,
    title="Evidence log must be written and signed",
    why="Only these records prove what was decided, on which evidence, and who was told. Records "
    "that wait are not signed yet.",
    fix="Run phidrift doctor: it tests writing and signing, and names the fix. The monitor then "
    "writes the waiting records.",
)
"""MONITOR-CHANNEL with texts for the evidence log, which is not a channel that people read."""

CONTACT: Final = Control(
    id="MONITOR-FIRST-CONTACT",
    title="Existing failures found in the first scan",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.308(a)(1)(ii)(A)",),
    why="These failures existed before the monitor watched the subscription.",
    fix="Repair the most severe failures first. The SIEM has each failure with its repair command; "
    "phidrift scan prints them too.",
    watches={"phidrift/firstcontacts": ("found",)},
)

SELF: Final = Control(
    id="MONITOR-SELF",
    title="Monitor must run without a gap, and every event must reach it",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Nothing is watched while the monitor is stopped or gets no events. An attacker may stop "
    "it first.",
    fix="Find out who or what stopped the function app or changed its event subscriptions. The "
    "next sweep reports all failures that exist now. Read the activity log for changes that "
    "were made and undone in between.",
    watches={"phidrift/monitors": ("stopped",)},
)

SIGN_IN: Final = Control(
    id="BREAK-GLASS",
    title="Emergency access account must sign in only in an emergency or a drill",
    service="Microsoft Entra ID",
    severity=Severity.CRITICAL,
    otherwise=Severity.CRITICAL,
    hipaa=("164.312(a)(2)(ii)", "164.308(a)(5)(ii)(C)"),
    why="The account is Global Administrator, and policies of MFA exclude it. Who holds it can read all PHI.",
    fix="Block the account and revoke its sessions where nobody of yours signed in: "
    "https://learn.microsoft.com/entra/identity/users/users-revoke-access",
    watches={"phidrift/signins": ("signIn",)},
)
"""BREAK-GLASS in the words of a sign-in, which a log shows and no read of the tenant."""

BREACH_CLOCK: Final = Control(
    id="MONITOR-BREACH-CLOCK",
    title="Notices of a possible breach must be made in time",
    service="Monitor",
    severity=Severity.MEDIUM,
    otherwise=Severity.MEDIUM,
    hipaa=("164.404(b)", "164.406(b)", "164.408", "164.410(b)", "164.414(b)"),
    why="A notice that is late is a violation of its own. Only a recorded decision of a person "
    "stops the breach clock.",
    fix="Decide, make the notices that are due, and record both: phidrift incidents show ID has "
    "every date. This is not legal advice.",
    watches={"phidrift/breachclocks": ("due",)},
)

MONITOR_CONTROLS: Final = (BLIND, CHANNEL, CONTACT, SELF, BREACH_CLOCK)

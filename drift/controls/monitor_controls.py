"""The controls on the monitor itself: its reads, its channels, its initial scan."""

from typing import Final

from drift.model import Control, Severity

BLIND: Final = Control(
    id="MONITOR-BLIND",
    title="Monitor must be able to read the resources in scope",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="While a dependency cannot be read, drift of the resources behind it is not detected.",
    fix="Give the identity of the monitor the Reader role on the subscription. Throttling ends by itself.",
    watches={"phidrift/dependencies": ("affected",)},
)

CHANNEL: Final = Control(
    id="MONITOR-CHANNEL",
    title="Channel must accept the messages of the monitor",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.308(a)(6)(ii)",),
    why="Users of this channel receive no alerts until it is repaired.",
    fix="Renew the channel's token or URL in the app settings. Held messages are then sent.",
    watches={"phidrift/channels": ("refusing",)},
)

CONTACT: Final = Control(
    id="MONITOR-FIRST-CONTACT",
    title="Initial scan of a subscription must find no failures",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.308(a)(1)(ii)(A)",),
    why="These resources failed before the monitor began to watch them.",
    fix="The SIEM has each finding with its fix command; `phidrift scan` prints them too.",
    watches={"phidrift/firstcontacts": ("found",)},
)

MONITOR_CONTROLS: Final = (BLIND, CHANNEL, CONTACT)


def former(control_id: str) -> Control:
    """Return a stand-in for a control that this version removed, to close its incidents."""
    return Control(
        id=control_id,
        title="Control that this version no longer has",
        service="",
        severity=Severity.LOW,
        otherwise=Severity.LOW,
        hipaa=(),
        why="",
        fix="",
        watches={"": ()},
    )

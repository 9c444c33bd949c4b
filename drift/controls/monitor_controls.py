"""What the monitor says of itself: where it cannot see, and where it cannot speak."""

from typing import Final

from drift.model import Control, Severity

BLIND: Final = Control(
    id="MONITOR-BLIND",
    title="The monitor cannot read what it must judge",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="While a dependency refuses to be read, drift of the resources behind it goes unseen.",
    fix="Give the monitor's identity the Reader role on the subscription; throttling passes.",
    watches={"phidrift/dependencies": ("affected",)},
)

CHANNEL: Final = Control(
    id="MONITOR-CHANNEL",
    title="A channel refuses the monitor's messages",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.308(a)(6)(ii)",),
    why="Whoever relies on this channel is not told of drift until it is repaired.",
    fix="Renew the channel's token or address in the app settings; what is held is then released.",
    watches={"phidrift/channels": ("refusing",)},
)

CONTACT: Final = Control(
    id="MONITOR-FIRST-CONTACT",
    title="What a first look at a subscription found",
    service="Monitor",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.308(a)(1)(ii)(A)",),
    why="These resources have been so since before they were watched.",
    fix="The SIEM has each of them, with the command that repairs it; `phidrift scan` prints them.",
    watches={"phidrift/firstcontacts": ("found",)},
)

MONITOR_CONTROLS: Final = (BLIND, CHANNEL, CONTACT)


def former(control_id: str) -> Control:
    """Return what is left of a control that this version no longer has, to end what it opened."""
    return Control(
        id=control_id,
        title="A control that this version no longer has",
        service="",
        severity=Severity.LOW,
        otherwise=Severity.LOW,
        hipaa=(),
        why="",
        fix="",
        watches={"": ()},
    )

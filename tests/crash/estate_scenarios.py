"""Stories beyond plain events: sweeps, payload events, and documents that a write creates."""

from dataclasses import replace

from detectors.storage import tls
from drift import ids
from tests.crash.dying_host import DyingHost
from tests.support.open_account import DISK, MACHINE, PHI, attached, present, told_of_move
from tests.support.rig import ACCOUNT, GROUP, Rig

WHILE = 25
"""Minutes between two steps of a story: enough time to continue the work that a crash interrupted."""

CARRIED = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"


def first_swept(host: DyingHost) -> None:
    """The first sweep finds existing failures, and a later one finds their repair."""
    host.rig.configure(routes=())
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.sweep()
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    host.sweep()
    host.later(minutes=WHILE)


def missed(host: DyingHost) -> None:
    """A sweep finds a resource without an event, and later its deletion."""
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.sweep()
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.sweep()
    host.later(minutes=WHILE)
    del host.rig.arm.documents[ids.key(ACCOUNT)]
    host.sweep()
    host.later(minutes=WHILE)


def carried(host: DyingHost) -> None:
    """An event shows the account while reads are refused; a write mends it when they are not."""
    host.rig.configure(timing=replace(host.rig.services.config.timing, blind_seconds=7200))
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.rig.arm.refused[ids.key(ACCOUNT)] = 503
    host.deliver(_shown(host.rig))
    host.later(minutes=WHILE)
    del host.rig.arm.refused[ids.key(ACCOUNT)]
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    host.write(ACCOUNT)
    host.later(minutes=2 * WHILE)


def taken_along(host: DyingHost) -> None:
    """A machine that holds PHI attaches a disk that nobody has written, and lets it go."""
    host.rig.only(tls, present("microsoft.compute/disks"))
    attached(host.rig, tags=PHI)
    host.write(MACHINE)
    host.later(minutes=WHILE)
    attached(host.rig, DISK, tags=PHI)
    host.write(MACHINE)
    host.later(minutes=WHILE)


def moved(host: DyingHost) -> None:
    """A broken account gets another id."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    there = ACCOUNT.replace(GROUP, f"{GROUP}-archive")
    host.rig.arm.put(ids.group_of(there), tags={})
    body = host.rig.arm.documents.pop(ids.key(ACCOUNT))
    assert not isinstance(body, int)
    host.rig.arm.documents[ids.key(there)] = {**body, "id": there}
    host.deliver(told_of_move(host.rig))
    host.later(minutes=WHILE)


def _shown(rig: Rig) -> dict[str, object]:
    """Return an event that shows the account as it is now."""
    body = {**rig.arm.body(ACCOUNT), "type": "Microsoft.Storage/storageAccounts"}
    return rig.event(
        ACCOUNT,
        kind=CARRIED,
        claims=None,
        apiVersion="2024-01-01",
        resourceInfo=body,
        operationalInfo={"resourceEventTime": rig.clock.now.isoformat()},
    )


ESTATE_SCENARIOS = (first_swept, missed, carried, taken_along, moved)

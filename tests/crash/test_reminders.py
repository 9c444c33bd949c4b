"""A crash at any point neither loses a reminder nor sends it twice."""

from datetime import UTC, datetime

from drift.breach.clock import Basis
from drift.breach_clock.record import Action, ClockStep
from drift.breach_clock.steps import take_step
from drift.state.incident_record import load_incident
from tests.crash.dying_host import DyingHost
from tests.crash.scenarios import in_memory, place
from tests.crash.test_every_point import deadly
from tests.support.extent import part
from tests.support.rig import ACCOUNT, Channel, Rig

ONE_IN = 3
MORNINGS = (datetime(2027, 1, 5, 9, 0, tzinfo=UTC), datetime(2027, 1, 16, 9, 0, tzinfo=UTC))
"""14 and 3 days before the last day of the individuals."""


def lived(*dies_at: int) -> DyingHost:
    """Have two reminders come due, dying at these points of it, and wait until all has come back."""
    rig = Rig(None)
    in_memory(rig)
    place(rig)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    rig.write(ACCOUNT)
    incident = load_incident(rig.services.store, ACCOUNT, "STORAGE-TLS", 1)
    assert incident
    step = ClockStep(
        action=Action.DISCOVER, by="R. Ortiz", reason="see", at=rig.clock(), basis=Basis.PRESUMED
    )
    take_step(
        rig.services.store, incident, step, rig.services.config.breach, app=rig.services.facts
    )
    host = DyingHost(rig, dies_at=dies_at)
    for morning in MORNINGS:
        rig.clock.now = morning
        host.tick()
        host.later(minutes=25)
    return host


def reminded(channel: Channel) -> list[tuple[str, str]]:
    told = (each for each, _ in channel.told if each.control_id == "MONITOR-BREACH-CLOCK")
    return [(each.uid, each.change) for each in told]


def test_a_reminder_is_told_once_wherever_the_process_dies() -> None:
    whole = lived()
    expected = reminded(whole.rig.splunk)
    assert [change for _, change in expected] == ["opened", "updated"]

    for point in part(deadly(whole.passed), one_in=ONE_IN, of="reminders"):
        host = lived(point)

        assert dict.fromkeys(reminded(host.rig.splunk)) == dict.fromkeys(expected), host.died_at
        assert dict.fromkeys(reminded(host.rig.teams)) == dict.fromkeys(expected), host.died_at
        assert host.waiting == 0

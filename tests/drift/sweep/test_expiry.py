"""The next sweep finds changes that only time causes, such as the end of a key or an exemption."""

from datetime import datetime

from drift.estate import Estate
from drift.model import Evidence, Outcome, Resource, Verdict
from tests.support.open_account import place, toy
from tests.support.rig import ACCOUNT, Rig

UNTIL = "properties.until"


def has_ended(resource: Resource, estate: Estate) -> Verdict:
    """Fail once the time has come that the account names."""
    until = str(resource.get(UNTIL))
    outcome = Outcome.FAIL if datetime.fromisoformat(until) <= estate.now else Outcome.PASS
    return Verdict(outcome, f"ends at {until}", (Evidence(UNTIL, until, "later"),))


def swept(rig: Rig) -> None:
    rig.run(rig.monitor.sweep())
    rig.later(minutes=5)


def test_a_sweep_finds_what_has_expired_since_the_last_one_without_any_event() -> None:
    rig = Rig(None)
    rig.only(toy("TOY-UNTIL", has_ended))
    place(rig)
    rig.arm.set(ACCOUNT, until="2026-11-20T12:00:00+00:00")
    swept(rig)
    assert rig.splunk.changes == []

    rig.clock.advance(hours=24)
    swept(rig)

    assert rig.splunk.changes == ["TOY-UNTIL opened"]

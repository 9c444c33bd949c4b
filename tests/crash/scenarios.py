"""Short stories of the clinic in which the monitor crashes; each one delivers messages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from detectors.storage import tls
from drift import ids
from drift.config.model import Route
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.observation.throttle_gate import ThrottledReader
from drift.ports import Activity, ActivityAnswer, Store
from tests.crash.dying_host import DyingHost
from tests.crash.estate_scenarios import ESTATE_SCENARIOS, WHILE
from tests.support.crash_store import MemoryStore
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Log, Rig

Scenario = Callable[[DyingHost], None]


def keep_in(store: Store, rig: Rig) -> None:
    """Have the monitor keep its rows in this store."""
    rig.change(store=store, reader=ThrottledReader(rig.arm, store, rig.clock))


def in_memory(rig: Rig) -> None:
    """Keep the monitor's rows in memory: a story is lived a hundred times."""
    keep_in(MemoryStore(), rig)


def place(rig: Rig) -> None:
    """Put an account into Azure that passes its one control, and a group that is open."""
    rig.arm.put(
        ACCOUNT,
        kind="StorageV2",
        tags={"dataClassification": "phi"},
        properties={
            "provisioningState": "Succeeded",
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
        },
    )
    rig.arm.put(GROUP, tags={})
    rig.arm.put(f"/subscriptions/{SUBSCRIPTION}", tags={})
    rig.only(tls)
    tell_everybody(rig)


def tell_everybody(rig: Rig) -> None:
    """Route everything to every channel."""
    rig.configure(routes=(Route(channels=("teams", "pagerduty", "splunk")),))


def broken_and_mended(host: DyingHost) -> None:
    """One write opens an incident, another ends it."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)


def drifted(host: DyingHost) -> None:
    """It was seen in order first; then the write of another."""
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    broken_and_mended(host)


def mended_at_once(host: DyingHost) -> None:
    """The fix comes ten seconds after the failure: a settling read must agree."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.write(ACCOUNT)
    host.rig.clock.advance(seconds=10)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)


def seen_late(host: DyingHost) -> None:
    """The first answer is a stale replica's: the settling read finds the failure."""
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.arm.lag(ACCOUNT, seconds=20)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)


def deleted(host: DyingHost) -> None:
    """A broken account is deleted."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    del host.rig.arm.documents[ids.key(ACCOUNT)]
    host.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    host.later(minutes=WHILE)


def gone(host: DyingHost) -> None:
    """A broken account answers 404, and no event says why."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    del host.rig.arm.documents[ids.key(ACCOUNT)]
    host.write(ACCOUNT)
    host.later(minutes=WHILE)


def blind(host: DyingHost) -> None:
    """A read is refused for a while: the monitor says that it is blind, then that it sees again."""
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    body = host.rig.arm.documents[ids.key(ACCOUNT)]
    host.rig.arm.refuse(ACCOUNT, 403)
    host.write(ACCOUNT)
    host.later(minutes=2 * WHILE)
    host.rig.arm.documents[ids.key(ACCOUNT)] = body
    host.later(minutes=75)


def refused_for_a_moment(host: DyingHost) -> None:
    """A read is refused once, for less than ``blind_seconds``, even if processes die meanwhile.

    A tick that dies puts what it had moved on off by ten minutes.
    """
    host.rig.configure(timing=replace(host.rig.services.config.timing, blind_seconds=1200))
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.rig.arm.answer_once(ACCOUNT, 503)
    host.write(ACCOUNT)
    host.later(minutes=2 * WHILE)


def throttled(host: DyingHost) -> None:
    """ARM asks for time: its gate closes."""
    host.rig.configure(timing=replace(host.rig.services.config.timing, blind_seconds=1200))
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.rig.arm.retry_after = 30
    host.rig.arm.answer_once(ACCOUNT, 429)
    host.write(ACCOUNT)
    host.later(minutes=2 * WHILE)


def busy_channel(host: DyingHost) -> None:
    """Teams is busy while an incident opens and ends."""
    host.rig.teams.refusal = DeliveryFailed("busy")
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.teams.refusal = None
    host.later(minutes=2 * WHILE)


def broken_channel(host: DyingHost) -> None:
    """Teams refuses until its settings are repaired."""
    host.rig.teams.refusal = DeliveryRejected("gone")
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=2 * WHILE)
    host.rig.teams.refusal = None
    host.rig.teams.fingerprint = "repaired"
    host.later(minutes=2 * WHILE)


def reopened_unheard(host: DyingHost) -> None:
    """Teams is busy until an incident has ended and the next has begun."""
    host.rig.teams.refusal = DeliveryFailed("busy")
    broken_and_mended(host)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.rig.teams.refusal = None
    host.later(minutes=WHILE)


def reopened_while_broken(host: DyingHost) -> None:
    """Teams refuses until an incident has ended, the next has begun, and it is repaired."""
    host.rig.teams.refusal = DeliveryRejected("gone")
    broken_and_mended(host)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.teams.refusal = None
    host.rig.teams.fingerprint = "repaired"
    host.later(minutes=WHILE)


def given_up(host: DyingHost) -> None:
    """Teams refuses for longer than the limit: its messages are undelivered."""
    host.rig.configure(timing=replace(host.rig.services.config.timing, held_hours=1))
    host.rig.teams.refusal = DeliveryRejected("gone")
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=130)


def asked_for_context(host: DyingHost) -> None:
    """The activity log knows what else was written."""
    now = host.rig.clock.now
    other = Activity(now - timedelta(minutes=20), "microsoft.compute/disks/write", "/d/one", True)
    host.rig.change(activity_log=Log(ActivityAnswer(True, (other,), 1)))
    broken_and_mended(host)


def asked_in_vain(host: DyingHost) -> None:
    """The activity log does not catch up before it is asked for the last time."""
    host.rig.change(activity_log=Log(ActivityAnswer(False, ())))
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=50)


def new_rules(host: DyingHost) -> None:
    """The operator switches the control off while its incident is open."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.switch_off("STORAGE-TLS")
    host.later(minutes=WHILE)


def becomes_phi(host: DyingHost) -> None:
    """A new tag of a group raises the severity of its resources, so more channels get the alert."""
    host.rig.configure(routes=())
    body = host.rig.arm.documents[ids.key(ACCOUNT)]
    assert not isinstance(body, int)
    host.rig.arm.documents[ids.key(ACCOUNT)] = {**body, "tags": {}}
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)
    host.rig.arm.put(GROUP, tags={"dataClassification": "phi"})
    host.write(f"{GROUP}/providers/Microsoft.Resources/tags/default")
    host.later(minutes=WHILE)


def named_later(host: DyingHost) -> None:
    """The event that found the failure names nobody; a covered one that comes later does."""
    event = host.rig.event(ACCOUNT)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.rig.clock.advance(seconds=20)
    host.write(ACCOUNT, claims={})
    host.later(minutes=2)
    host.deliver(event)
    host.later(minutes=WHILE)


def storm(host: DyingHost) -> None:
    """Writes come faster than reads are allowed; the last of them breaks it."""
    for _ in range(6):
        host.write(ACCOUNT)
        host.rig.clock.advance(seconds=1)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.write(ACCOUNT)
    host.later(minutes=WHILE)


def unknowable(host: DyingHost) -> None:
    """A verdict stays unknown until the SIEM gets a message."""
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS9_9")
    host.write(ACCOUNT)
    host.later(minutes=3 * WHILE)


def an_event_without_a_subject(host: DyingHost) -> None:
    """An event that nobody can understand is recorded, and the next one is followed up."""
    host.deliver({"eventType": "Microsoft.Resources.ResourceWriteSuccess", "id": "x"})
    broken_and_mended(host)


SCENARIOS: tuple[Scenario, ...] = (
    broken_and_mended,
    drifted,
    mended_at_once,
    seen_late,
    deleted,
    gone,
    blind,
    refused_for_a_moment,
    throttled,
    busy_channel,
    broken_channel,
    reopened_unheard,
    reopened_while_broken,
    given_up,
    asked_for_context,
    asked_in_vain,
    new_rules,
    becomes_phi,
    named_later,
    storm,
    unknowable,
    an_event_without_a_subject,
    *ESTATE_SCENARIOS,
)

"""The posture of a subscription: its Defender plans and alerts, by event and by sweep."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from detectors.defender import plans
from drift import ids
from drift.estate import Estate
from drift.model import Outcome, Resource, Severity, Verdict
from drift.notices import Change, Found
from tests.support.open_account import Toy, toy
from tests.support.rig import GROUP, SUBSCRIPTION, Rig

SUB = f"/subscriptions/{SUBSCRIPTION}"
PLANS = f"{SUB}/providers/Microsoft.Security/pricings"
ALERTS = "providers/Microsoft.Insights/activityLogAlerts"
ALERT = f"{GROUP}/{ALERTS}/firewall"
LIST = f"{SUB}/{ALERTS}"
ON = {"pricingTier": "Standard", "resourcesCoverageStatus": "FullyCovered"}


def has_an_alert(resource: Resource, estate: Estate) -> Verdict:
    there = estate.extensions(resource.id, "Microsoft.Insights/activityLogAlerts")
    return Verdict(Outcome.PASS, "It is there.") if there else Verdict(Outcome.FAIL, "None.")


WATCHES = {ids.SUBSCRIPTION: (), "microsoft.insights/activitylogalerts": ("properties.enabled",)}
ALERTING = Toy(replace(toy("TOY-ALERT", has_an_alert).CONTROL, watches=WATCHES), has_an_alert)


@pytest.fixture
def watched() -> Iterator[Rig]:
    """Return a monitor of a subscription in order, swept before."""
    rig = Rig(None)
    rig.arm.put(SUB, subscriptionId=SUBSCRIPTION, state="Enabled")
    rig.arm.put(GROUP)
    rig.arm.put(ALERT, properties={"enabled": True})
    for name in rig.services.config.baseline.defender_plans:
        rig.arm.put(f"{PLANS}/{name}", properties=ON)
    rig.arm.set(
        f"{PLANS}/StorageAccounts",
        subPlan="DefenderForStorageV2",
        extensions=[
            {"name": "OnUploadMalwareScanning", "isEnabled": "True"},
            {"name": "SensitiveDataDiscovery", "isEnabled": "True"},
        ],
    )
    rig.only(plans, ALERTING)
    sweep(rig)
    rig.arm.reads.clear()
    yield rig
    rig.close()


def sweep(rig: Rig) -> None:
    rig.run(rig.monitor.sweep())
    rig.later(minutes=5)


def test_a_plan_that_is_switched_off_is_told_with_the_actor_and_closed_by_its_repair(
    watched: Rig,
) -> None:
    watched.arm.set(f"{PLANS}/Arm", pricingTier="Free")
    watched.write(f"{PLANS}/Arm")
    [(notice, _)] = watched.teams.told
    watched.later(minutes=5)
    watched.arm.set(f"{PLANS}/Arm", pricingTier="Standard")
    watched.write(f"{PLANS}/Arm")
    watched.later(minutes=5)

    assert (notice.control_id, ids.key(notice.resource_id)) == ("DEFENDER-PLANS", SUB)
    assert notice.severity is Severity.HIGH
    assert notice.changed_by is not None
    assert [each.path for each in notice.differences] == [
        "providers/Microsoft.Security/pricings/Arm#properties.pricingTier"
    ]
    changes = [each.change for each, _ in watched.teams.told if each.change is not Change.UPDATED]
    assert changes == [Change.OPENED, Change.RESOLVED]


def test_an_alert_that_is_deleted_in_its_group_is_looked_for_in_a_fresh_list(watched: Rig) -> None:
    watched.write(f"{PLANS}/Arm")
    del watched.arm.documents[ids.key(ALERT)]
    watched.write(ALERT, kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert watched.teams.changes == ["TOY-ALERT opened"]
    [(notice, _)] = watched.teams.told
    assert [(each.path, each.after) for each in notice.differences] == [
        (ALERT.removeprefix(f"{SUB}/"), None)
    ]


def test_what_no_event_told_of_is_found_by_the_next_sweep(watched: Rig) -> None:
    del watched.arm.documents[ids.key(ALERT)]
    watched.arm.set(f"{PLANS}/KeyVaults", pricingTier="Free")
    sweep(watched)

    assert sorted(watched.teams.changes) == ["DEFENDER-PLANS opened", "TOY-ALERT opened"]
    assert {notice.found for notice, _ in watched.teams.told} == {Found.MISSED}


def test_a_sweep_reads_each_list_once_where_nothing_has_changed(watched: Rig) -> None:
    sweep(watched)

    assert watched.arm.reads == {ids.key(PLANS): 1, ids.key(LIST): 1}


def test_a_subscription_that_holds_no_phi_fails_less_severely(watched: Rig) -> None:
    config = watched.services.config
    watched.configure(phi=replace(config.phi, released=(ids.key(SUB),)))
    watched.arm.set(f"{PLANS}/Arm", pricingTier="Free")
    watched.write(f"{PLANS}/Arm")

    assert [notice.severity for notice, _ in watched.splunk.told] == [Severity.LOW]

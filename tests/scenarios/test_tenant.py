"""A tenant is evaluated by the sweep, by polls, and by messages that request a read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from detectors.access import review
from detectors.ca import admin_mfa
from drift.arm import graph
from drift.entra.directory_roles import GLOBAL_ADMINISTRATOR
from drift.events import LINKED, Event, to_message
from drift.model import Outcome
from drift.notices import Change, Found
from drift.queues.outbound import Outbound
from drift.state.resource_record import load_record
from tests.support.rig import Rig

TENANT = "7e9c1f00-4c11-4a0e-9d6b-1b5a3c0d2e4f"
HOME = f"/tenants/{TENANT}"
POLICIES = f"{HOME}/providers/{graph.POLICIES}"
POLICY = f"{POLICIES}/everybody"
CONTROL = admin_mfa.CONTROL.id
MFA = {
    "displayName": "MFA for everybody",
    "state": "enabled",
    "conditions": {
        "clientAppTypes": ["all"],
        "applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["All"]},
    },
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}
DEFAULTS = f"{HOME}/providers/{graph.SECURITY_DEFAULTS}"


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Yield a monitor that has judged its tenant once: everybody must use MFA."""
    rig = Rig(None)
    rig.arm.put(HOME)
    rig.arm.put(POLICY, properties=MFA)
    rig.arm.put(DEFAULTS, properties={"isEnabled": False})
    rig.change(
        detectors=(admin_mfa,),
        facts=replace(rig.services.facts, tenant_id=TENANT, subscriptions=()),
    )
    rig.run(rig.monitor.sweep())
    yield rig
    rig.close()


def outcome(rig: Rig) -> Outcome:
    return load_record(rig.store, HOME).record.controls[CONTROL].outcome


def asking(subject: str, at: datetime) -> Outbound:
    """Return the message by which a change of a document in the tenant is followed up."""
    event = Event(
        id="e1",
        type=LINKED,
        operation="",
        subject=subject,
        target=HOME,
        at=at,
        actor=None,
        correlation_id="",
        deleted=False,
    )
    return Outbound(changes=(to_message(event),))


def test_a_sweep_judges_the_tenant(rig: Rig) -> None:
    assert outcome(rig) is Outcome.PASS
    assert rig.splunk.changes == []


def test_what_the_first_sweep_finds_in_a_tenant_was_there_before_and_later_drift_was_not() -> None:
    rig = Rig(None)
    rig.arm.put(HOME)
    rig.arm.put(POLICY, properties={**MFA, "state": "disabled"})
    rig.arm.put(DEFAULTS, properties={"isEnabled": False})
    facts = replace(rig.services.facts, tenant_id=TENANT, subscriptions=())
    rig.change(detectors=(admin_mfa,), facts=facts)
    rig.run(rig.monitor.sweep())
    rig.arm.set(POLICY, state="enabled")
    rig.later(minutes=40)
    rig.arm.set(POLICY, state="disabled")
    rig.run(rig.monitor.sweep())

    rig.later(minutes=20)

    opened = [each.found for each, _ in rig.splunk.told if each.change is Change.OPENED]
    assert opened[0] is Found.FIRST_CONTACT
    assert opened[1] is not Found.FIRST_CONTACT


def test_a_tenant_without_the_setting_is_not_read() -> None:
    rig = Rig(None)
    rig.change(detectors=(admin_mfa,), facts=replace(rig.services.facts, subscriptions=()))
    rig.run(rig.monitor.sweep())

    assert sum(rig.arm.reads.values()) == 0


def test_a_policy_that_is_switched_off_without_an_event_is_found_by_a_poll(rig: Rig) -> None:
    rig.arm.set(POLICY, state="disabled")
    rig.later(minutes=14)
    assert rig.splunk.changes == []

    rig.later(minutes=2)

    assert rig.splunk.changes == [f"{CONTROL} opened"]


def test_a_policy_that_is_enforced_again_closes_the_incident(rig: Rig) -> None:
    rig.arm.set(POLICY, state="disabled")
    rig.later(minutes=16)
    rig.arm.set(POLICY, state="enabled")
    rig.later(minutes=20)

    assert rig.splunk.changes == [f"{CONTROL} opened", f"{CONTROL} resolved"]


def test_a_policy_that_is_deleted_is_drift_of_the_tenant(rig: Rig) -> None:
    del rig.arm.documents[POLICY.lower()]
    rig.later(minutes=16)

    assert rig.splunk.changes == [f"{CONTROL} opened"]


def test_a_message_about_a_document_has_the_tenant_read_at_once(rig: Rig) -> None:
    rig.arm.set(POLICY, state="disabled")
    rig.run(asking(POLICY, rig.clock.now))

    assert rig.splunk.changes == [f"{CONTROL} opened"]


def test_graph_that_refuses_makes_the_verdict_unknown_and_is_reported_for_the_tenant(
    rig: Rig,
) -> None:
    rig.arm.refused[POLICIES.lower()] = 403
    rig.later(minutes=30)

    assert outcome(rig) is Outcome.UNKNOWN
    assert "MONITOR-BLIND opened" in rig.splunk.changes
    blind = next(each for each, _ in rig.splunk.told if each.control_id == "MONITOR-BLIND")
    assert blind.resource_id == f"{HOME}/providers/microsoft.graph"


def test_a_refusal_for_want_of_a_licence_is_an_answer_and_no_blindness(rig: Rig) -> None:
    assignment = f"{HOME}/providers/{graph.ASSIGNMENTS}/a1"
    rig.arm.put(assignment, properties={"roleDefinitionId": GLOBAL_ADMINISTRATOR})
    rig.arm.refused[f"{HOME}/providers/{graph.REVIEWS}".lower()] = 403
    rig.arm.code = "NoLicense"
    rig.change(detectors=(review,))
    rig.run(rig.monitor.sweep())
    rig.later(minutes=30)

    assert rig.splunk.changes == [f"{review.CONTROL.id} opened"]


def test_a_tenant_without_the_licence_for_eligible_roles_is_no_blindness(rig: Rig) -> None:
    assignment = f"{HOME}/providers/{graph.ASSIGNMENTS}/a1"
    rig.arm.put(assignment, properties={"roleDefinitionId": GLOBAL_ADMINISTRATOR})
    rig.arm.refused[f"{HOME}/providers/{graph.ELIGIBILITIES}".lower()] = 400
    rig.arm.code = "AadPremiumLicenseRequired"
    rig.change(detectors=(review,))
    rig.run(rig.monitor.sweep())
    rig.later(minutes=30)

    assert rig.splunk.changes == [f"{review.CONTROL.id} opened"]


def test_a_tenant_that_the_settings_no_longer_name_is_not_watched_any_more(rig: Rig) -> None:
    rig.arm.set(POLICY, state="disabled")
    rig.later(minutes=16)
    rig.change(facts=replace(rig.services.facts, tenant_id=""))
    rig.later(minutes=20)

    assert rig.splunk.changes == [f"{CONTROL} opened", f"{CONTROL} closed"]
    assert "AZURE_TENANT_ID" in rig.splunk.told[-1][0].reason

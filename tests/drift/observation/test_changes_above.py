"""Changes of groups, vaults and settings around a resource are followed up."""

import json

import pytest

from detectors.storage import logging as logs
from drift import ids
from drift.config.model import PhiScope
from drift.ports import Put
from drift.state import keys
from tests.drift.observation.vaults import VAULT, VAULTED
from tests.support import open_account
from tests.support.open_account import OPEN, SETTINGS, WHOLE_SUBSCRIPTION
from tests.support.rig import ACCOUNT, GROUP, Rig


def test_a_change_of_a_vault_elsewhere_finds_the_accounts_it_serves(known: Rig) -> None:
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.arm.set(VAULT, enablePurgeProtection=False)
    known.write(VAULT)

    assert known.teams.changes == ["TOY-VAULT opened"]


@pytest.mark.parametrize("seconds", [1, 30])
def test_a_vault_that_is_written_while_an_account_is_pointed_at_it_is_not_missed(
    known: Rig, seconds: float
) -> None:
    """No dependent is stored yet when its event comes, and the read of it is answered from before."""
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})

    def weaken(name: str) -> None:
        if name == ids.key(VAULT):
            known.arm.meanwhile = lambda _: None
            known.arm.lag(VAULT, seconds=seconds)
            known.arm.set(VAULT, enablePurgeProtection=False)
            known.write(VAULT)

    known.arm.meanwhile = weaken
    known.write(ACCOUNT)

    assert known.teams.changes == []

    known.later(minutes=2)

    assert known.teams.changes == ["TOY-VAULT opened"]


def test_the_end_of_a_vault_elsewhere_is_drift_of_the_account_and_not_its_end(
    known: Rig,
) -> None:
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.later(minutes=3)
    del known.arm.documents[ids.key(VAULT)]
    known.write(VAULT, kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert known.teams.changes == ["TOY-VAULT opened"]


def test_a_vault_that_was_refused_when_it_was_needed_is_found_too(known: Rig) -> None:
    known.only(VAULTED)
    known.arm.refuse(VAULT, 403)
    known.write(ACCOUNT)
    known.later(minutes=40)
    known.arm.put(VAULT, properties={"enablePurgeProtection": False})
    known.write(VAULT)

    assert "TOY-VAULT opened" in known.teams.changes


def test_the_end_of_a_diagnostic_setting_is_drift_of_the_account(known: Rig) -> None:
    known.only(logs)
    workspace = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
    known.arm.put(workspace, properties={"provisioningState": "Succeeded"})
    known.arm.set(ACCOUNT, primaryEndpoints={"blob": "https://records.blob.core.windows.net/"})
    for service in ("blob", "file", "queue", "table"):
        setting = f"{ACCOUNT}/{service}Services/default/providers/Microsoft.Insights"
        known.arm.put(
            f"{setting}/diagnosticSettings/audit",
            properties={
                "workspaceId": workspace,
                "logs": [{"categoryGroup": "audit", "enabled": True}],
            },
        )
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert known.teams.changes == []

    del known.arm.documents[ids.key(f"{SETTINGS}/audit")]
    known.write(f"{SETTINGS}/audit", kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert known.teams.changes == ["STORAGE-LOGGING opened"]
    assert known.teams.told[0][0].reason == "Blob access is not logged."


def test_a_change_above_reaches_every_resource_below_it(known: Rig) -> None:
    accounts = [f"{ACCOUNT}{number}" for number in range(450)]
    partition, document = keys.partition(GROUP), ids.key(GROUP)
    for each in accounts:
        key = keys.row_key("uses", keys.digest(document), keys.digest(each))
        row = Put(key, {"document": document, "resource": each})
        known.store.commit(partition, [row])
    estate_event = known.event(f"{GROUP}/providers/Microsoft.Resources/tags/default")
    known.deliver(estate_event)
    known.later(minutes=40)

    assert {ids.key(each) for each in accounts} <= known.arm.reads.keys()


@pytest.mark.parametrize("above", [GROUP, WHOLE_SUBSCRIPTION])
def test_a_phi_tag_above_that_goes_lowers_nothing_until_the_operator_says_so(
    known: Rig, above: str
) -> None:
    open_account.place(known, phi=False)
    known.arm.put(above, tags={"dataClassification": "phi"})
    open_account.broken(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.arm.put(above, tags={})
    known.write(f"{above}/providers/Microsoft.Resources/tags/default")
    known.later(minutes=2)
    untagged = list(known.splunk.changes)
    known.configure(phi=PhiScope(released=(ids.key(GROUP),)))
    known.change(facts=known.facts("second"))
    known.later(minutes=2)
    notice, _ = known.splunk.told[-1]

    assert untagged == ["TOY-OPEN opened"]
    assert notice.phi is False
    assert known.splunk.changes == ["TOY-OPEN opened", "TOY-OPEN updated"]


def test_a_group_that_a_replica_does_not_know_yet_may_hold_phi(clinic: Rig) -> None:
    """Its resource exists, so it does: that it answers 404 proves nothing of its tags."""
    open_account.place(clinic, phi=False)
    clinic.arm.put(GROUP, tags={"dataClassification": "phi"})
    clinic.arm.answer_once(GROUP, 404)
    open_account.broken(clinic)
    clinic.write(ACCOUNT)
    clinic.later(minutes=2)
    notices = [notice for notice, _ in clinic.pagerduty.told]

    assert [each.phi for each in notices] == [None]
    assert [each.phi for each, _ in clinic.splunk.told] in ([None], [None, True])


def test_a_vault_that_a_replica_does_not_know_yet_is_asked_for_again_when_settling(
    clinic: Rig,
) -> None:
    clinic.only(VAULTED, OPEN)
    clinic.arm.put(VAULT, properties={"enablePurgeProtection": True})
    clinic.arm.answer_once(VAULT, 404)
    clinic.write(ACCOUNT)
    clinic.later(minutes=3)

    assert clinic.teams.changes == ["TOY-VAULT opened", "TOY-VAULT resolved"]


def test_a_fan_out_that_was_poisoned_is_completed_later(known: Rig) -> None:
    open_account.place(known, phi=False)
    known.only(OPEN)
    known.configure(phi=PhiScope(released=(ids.key(ACCOUNT),)))
    open_account.broken(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.put(GROUP, tags={"dataClassification": "phi"})
    [message] = known.monitor.intake(
        json.dumps(known.event(f"{GROUP}/providers/Microsoft.Resources/tags/default"))
    )
    known.run(known.monitor.poisoned("changes", message))
    known.later(minutes=62)

    assert known.splunk.changes == ["TOY-OPEN opened", "TOY-OPEN updated"]

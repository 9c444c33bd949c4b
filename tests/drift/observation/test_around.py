"""Related resources: read once, cached, and read again after an event that names them."""

import json

import pytest

from detectors.storage import logging as logs
from drift import ids
from drift.config.model import PhiScope
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.notices import Standing
from drift.ports import Put
from drift.state import keys
from tests.support import open_account
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN, SETTINGS, WHOLE_SUBSCRIPTION
from tests.support.rig import ACCOUNT, GROUP, Rig

LIST = ids.key(CONTAINERS)
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"


def needs_vault(resource: Resource, azure: Estate) -> Verdict:
    found = azure.get(VAULT)
    safe = found is not None and found.flag("properties.enablePurgeProtection")
    return Verdict(Outcome.PASS if safe else Outcome.FAIL, "the vault")


VAULTED = open_account.toy(
    "TOY-VAULT", needs_vault, **{"microsoft.keyvault/vaults": ("properties.enablePurgeProtection",)}
)


def lazily(resource: Resource, azure: Estate) -> Verdict:
    if not resource.flag("properties.open"):
        return Verdict(Outcome.PASS, "closed")
    return open_account.has_open_container(resource, azure)


LAZY = open_account.toy(
    "TOY-LAZY",
    lazily,
    **{f"{open_account.TYPE}/blobservices/containers": ("properties.publicAccess",)},
)


def test_related_reads_are_cached_for_a_while(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.write(ACCOUNT)

    assert known.arm.reads[LIST] == 1


def hours_later(known: Rig, hours: int, *, status: int) -> int:
    """Write the account when its vault was last read so long ago and is refused; count what is unknown."""
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.clock.advance(hours=hours)
    known.arm.refuse(VAULT, status)
    known.write(ACCOUNT)
    return int(known.monitor.health()["unknown"])


def test_an_old_related_read_stands_where_a_limit_leaves_no_read_for_a_newer_one(
    known: Rig,
) -> None:
    assert hours_later(known, 3, status=429) == 0


def test_a_related_read_of_long_ago_does_not_stand_though_a_limit_leaves_no_read(
    known: Rig,
) -> None:
    assert hours_later(known, 7, status=429) == 1


@pytest.mark.parametrize("status", [403, 500])
def test_an_old_related_read_does_not_stand_where_the_document_is_refused(
    known: Rig, status: int
) -> None:
    assert hours_later(known, 3, status=status) == 1


def test_an_owed_document_keeps_what_is_known_of_it_where_a_limit_leaves_no_read(
    known: Rig,
) -> None:
    """New events fold into a read that also confirms what is owed of the vault."""
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.lag(VAULT, seconds=150)
    known.arm.set(VAULT, enablePurgeProtection=False)
    known.write(VAULT)
    for _ in range(4):
        known.write(ACCOUNT)
    known.arm.refused[ids.key(VAULT)] = 429
    known.clock.advance(minutes=2)
    known.run(known.monitor.tick())

    assert known.monitor.health()["unknown"] == 0

    known.arm.refused.clear()
    known.later(minutes=3)

    assert known.teams.changes == ["TOY-VAULT opened"]


def test_a_container_that_an_event_names_is_read_again(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    open_account.container(known, "scans", "Container")
    known.write(scans)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


def test_a_container_changed_on_the_data_plane_is_found_by_the_poll(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=2)
    open_account.container(known, "scans", "Container")
    known.later(minutes=15)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


def test_the_poll_goes_on_after_its_reads_were_refused_for_a_while(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.arm.refuse(CONTAINERS, 503)
    known.later(minutes=20)
    del known.arm.documents[LIST]
    known.later(minutes=20)
    open_account.container(known, "scans", "Container")
    known.later(minutes=17)

    assert known.teams.changes[-1] == "TOY-CONTAINER opened"


def test_a_list_that_was_not_asked_for_is_not_remembered_across_an_event_about_it(
    known: Rig,
) -> None:
    """The list was read, then not needed; its change was covered; it must not be believed later."""
    known.only(LAZY)
    scans = open_account.container(known, "scans", "None")
    open_account.broken(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    open_account.mended(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    event = known.event(scans)
    open_account.container(known, "scans", "Container")
    known.clock.advance(seconds=70)
    known.write(ACCOUNT)
    known.deliver(event)
    known.later(minutes=2)
    open_account.broken(known)
    known.write(ACCOUNT)

    assert known.teams.changes[-1:] == ["TOY-LAZY opened"]


def test_a_refused_read_does_not_use_an_older_cached_read(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.arm.refuse(CONTAINERS, 403)
    open_account.container(known, "scans", "Container")
    known.write(scans)
    known.write(ACCOUNT)
    known.later(minutes=2)

    assert known.monitor.health()["unknown"] == 1
    assert known.teams.changes == []


def test_an_event_about_what_was_refused_is_not_covered_by_the_account(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.arm.refuse(CONTAINERS, 403)
    known.write(ACCOUNT)
    known.later(minutes=30)
    open_account.container(known, "scans", "Container")
    event = known.event(scans)
    known.clock.advance(seconds=80)
    known.write(ACCOUNT)
    del known.arm.documents[LIST]
    known.deliver(event)

    assert "TOY-CONTAINER opened" in known.teams.changes


def test_a_change_of_a_vault_elsewhere_finds_the_accounts_it_serves(known: Rig) -> None:
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.arm.set(VAULT, enablePurgeProtection=False)
    known.write(VAULT)

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


def test_an_event_that_comes_while_its_resource_is_read_is_read_for_too(known: Rig) -> None:
    late = known.event(ACCOUNT)

    def write_meanwhile(name: str) -> None:
        known.arm.meanwhile = lambda _: None
        known.arm.lag(ACCOUNT, seconds=0.001)
        open_account.broken(known)
        known.deliver(late)

    known.arm.meanwhile = write_meanwhile
    known.arm.lag(ACCOUNT, seconds=0)
    known.write(ACCOUNT)

    assert known.arm.reads[ids.key(ACCOUNT)] == 2


def test_an_evaluation_that_runs_out_of_time_leaves_unread_parts_unknown(known: Rig) -> None:
    """ARM hangs: each read costs 15 s. Who holds the resource must not be taken for dead."""
    names = [f"{ACCOUNT}/blobServices/default/part{number}" for number in range(12)]

    def everything(resource: Resource, azure: Estate) -> Verdict:
        for each in names:
            azure.children(each, "of")
        return Verdict(Outcome.PASS, "all read")

    known.only(OPEN, open_account.toy("TOY-SLOW", everything))
    known.arm.meanwhile = lambda _: known.clock.advance(seconds=15)
    open_account.broken(known)
    began = known.clock.now
    known.write(ACCOUNT)

    assert (known.clock.now - began).total_seconds() <= 60
    assert known.teams.changes == ["TOY-OPEN opened"]
    assert known.monitor.health()["unknown"] == 1


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


def test_related_documents_that_are_read_for_the_first_time_are_no_difference(known: Rig) -> None:
    known.only(LAZY)
    known.arm.set(ACCOUNT, open=False)
    open_account.container(known, "scans", "Container")
    known.write(ACCOUNT)
    known.later(minutes=3)
    open_account.broken(known)
    known.write(ACCOUNT)
    [notice] = [each for each, _ in known.teams.told]

    assert [each.path for each in notice.differences] == ["properties.open"]
    assert notice.standing is Standing.LIKELY

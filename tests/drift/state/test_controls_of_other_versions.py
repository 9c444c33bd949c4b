"""After a rollback, the incidents of controls that this version lacks are kept."""

from drift import ids
from drift.codec import versioned
from drift.controls.retired import RetiredControl
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.notices import Closure
from drift.ports import Put
from drift.queues.messages import ContextMessage
from drift.queues.outbound import Outbound
from drift.state import keys
from tests.drift.state.rolled_back import opened, rows, waiting
from tests.support import open_account
from tests.support.open_account import OPEN, mended
from tests.support.rig import ACCOUNT, Rig

NEWER = open_account.toy("TOY-NEWER", open_account.is_open)


def cannot_tell(_: Resource, __: Estate) -> Verdict:
    return Verdict(Outcome.UNKNOWN, "it cannot tell")


def rolled_back(known: Rig, *retired: RetiredControl) -> None:
    """Have two controls fail, and then a version run that has only one of them."""
    known.only(OPEN, NEWER)
    opened(known)
    known.later(minutes=2)
    known.only(OPEN)
    known.change(retired=retired)
    known.configure(digest="second")
    known.change(facts=known.facts("second"))


def changes_of(known: Rig, control: str) -> list[str]:
    return [each for each in known.teams.changes if each.startswith(control)]


def test_an_incident_of_a_control_that_this_version_lacks_stays_open_and_unchanged(
    known: Rig,
) -> None:
    rolled_back(known)
    before = rows(known, keys.row_key("incident", keys.digest(ACCOUNT), "TOY-NEWER"))
    known.later(minutes=2)
    mended(known)
    known.write(ACCOUNT, claims={"upn": "kim@clinic.example"})
    known.later(minutes=60)
    known.run(known.monitor.sweep())
    known.later(minutes=60)

    assert changes_of(known, "TOY-OPEN") == ["TOY-OPEN opened", "TOY-OPEN resolved"]
    assert changes_of(known, "TOY-NEWER ") == ["TOY-NEWER opened"]
    assert rows(known, keys.row_key("incident", keys.digest(ACCOUNT), "TOY-NEWER")) == before
    assert known.store_rows(keys.row_key("open", keys.digest(ACCOUNT), "TOY-NEWER")) == 1

    known.only(OPEN, NEWER)
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert changes_of(known, "TOY-NEWER ") == ["TOY-NEWER opened", "TOY-NEWER resolved"]


def test_an_unknown_verdict_of_a_control_that_this_version_lacks_still_counts(known: Rig) -> None:
    known.only(OPEN, open_account.toy("TOY-NEWER", cannot_tell))
    known.write(ACCOUNT)
    known.only(OPEN)
    known.write(ACCOUNT)
    known.later(minutes=30)

    assert known.monitor.health()["unknown"] == 1


def test_an_incident_of_a_retired_control_closes_as_no_longer_required(known: Rig) -> None:
    rolled_back(known, RetiredControl("TOY-NEWER", "TOY-NEWER held"))
    known.later(minutes=2)
    notice = known.teams.told[-1][0]

    assert changes_of(known, "TOY-NEWER ") == ["TOY-NEWER opened", "TOY-NEWER closed"]
    assert (notice.closure, notice.title) == (Closure.NO_LONGER_REQUIRED, "TOY-NEWER held")


def test_the_end_of_the_resource_ends_also_an_incident_of_another_versions_control(
    known: Rig,
) -> None:
    rolled_back(known)
    del known.arm.documents[ids.key(ACCOUNT)]
    known.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    known.later(minutes=5)

    assert known.teams.told[-1][0].closure is Closure.DELETED
    assert changes_of(known, "TOY-NEWER ") == ["TOY-NEWER opened", "TOY-NEWER closed"]


def test_a_question_about_an_incident_of_another_versions_control_is_kept(known: Rig) -> None:
    rolled_back(known)
    message = ContextMessage(resource=ACCOUNT, control="TOY-NEWER", number=1)
    known.run(Outbound(changes=(message.text,)))

    assert waiting(known) == 1


def test_the_monitors_own_incidents_of_a_newer_version_are_not_read_as_resources(
    known: Rig,
) -> None:
    own = "/providers/phidrift/novelties/one"
    data = versioned({"resource": own, "control": "MONITOR-NOVEL"})
    key = keys.row_key("open", keys.digest(own), "MONITOR-NOVEL")
    known.store.commit(keys.partition(own), [Put(key, data)])
    known.configure(digest="second")
    known.change(facts=known.facts("second"))
    known.later(minutes=5)

    assert known.arm.reads[own] == 0
    assert known.store_rows(key) == 1

"""Who can have made a change: most likely at first, proven after settling, several if it is unclear."""

from drift.estate import Estate
from drift.model import Evidence, Outcome, Resource, Verdict
from drift.notices import Standing
from drift.ports import Activity, ActivityAnswer
from tests.drift.incidents.causes import OPENED, by, last, names, stored
from tests.support import open_account
from tests.support.open_account import CONTAINER, broken, mended
from tests.support.rig import ACCOUNT, Log, Rig

UPDATED = "TOY-OPEN updated"
FAILED = "Microsoft.Resources.ResourceWriteFailure"


def test_a_cause_is_most_likely_at_first_and_proven_after_settling(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    first = last(known)
    known.later(seconds=70)

    assert (first.standing, first.is_cause, names(first)) == (Standing.LIKELY, False, ["dana"])
    assert known.teams.changes == [OPENED]
    assert stored(known).is_cause


def test_the_next_message_shows_that_the_cause_is_proven(known: Rig) -> None:
    other = Activity(known.clock.now, "microsoft.compute/disks/write", "/x", succeeded=True)
    known.change(activity_log=Log(ActivityAnswer(True, (other,), 1)))
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=15)

    assert known.teams.changes == [OPENED, UPDATED]
    assert (last(known).standing, last(known).is_cause) == (Standing.PROVEN, True)


def test_an_event_that_was_read_late_is_proven_too(known: Rig) -> None:
    broken(known)
    event = known.event(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=12)
    known.deliver(event)
    known.later(seconds=80)

    assert stored(known).is_cause


def test_a_write_by_nobody_known_leaves_a_doubt(known: Rig) -> None:
    broken(known)
    known.deliver(known.event(ACCOUNT, claims={}))
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=5)

    assert not stored(known).is_cause


def test_an_event_that_a_later_one_overtook_is_named_beside_it(known: Rig) -> None:
    broken(known)
    first = known.event(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=2)
    known.write(ACCOUNT, claims=by("toucher"))
    accused = last(known)
    known.clock.advance(seconds=20)
    known.deliver(first)
    known.later(minutes=2)

    assert (accused.standing, names(accused)) == (Standing.LIKELY, ["toucher"])
    assert known.teams.changes == [OPENED, UPDATED]
    assert (last(known).standing, names(last(known))) == (Standing.SEVERAL, ["toucher", "dana"])
    [line] = last(known).news
    assert line.startswith("Changed by one of these: toucher@clinic.example, dana@clinic.example.")
    assert line.endswith("Named before: toucher@clinic.example.")
    assert not stored(known).is_cause


def test_an_event_that_comes_after_the_proof_takes_it_back(known: Rig) -> None:
    broken(known)
    first = known.event(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=2)
    known.write(ACCOUNT, claims=by("toucher"))
    known.later(minutes=10)
    proven = stored(known).is_cause
    known.deliver(first)
    known.later(minutes=2)

    assert proven
    assert (last(known).standing, names(last(known))) == (Standing.SEVERAL, ["toucher", "dana"])
    assert known.teams.changes == [OPENED, UPDATED]


def test_who_wrote_a_container_is_named_for_it_and_who_wrote_the_account_is_not(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=3)
    scans = open_account.container(known, "scans", "Container")
    known.deliver(known.event(ACCOUNT, claims=by("toucher")))
    known.write(scans, claims=by("carl"))
    known.later(minutes=2)

    assert names(last(known)) == ["carl"]


def test_a_failed_write_gives_way_to_one_that_succeeded(known: Rig) -> None:
    broken(known)
    right = known.event(ACCOUNT, claims=by("dana"))
    known.write(ACCOUNT, kind=FAILED, claims=by("sam"))
    failed = last(known)
    known.later(minutes=2)
    alone = stored(known).is_cause
    known.deliver(right)

    assert (failed.standing, names(failed)) == (Standing.LIKELY, ["sam"])
    assert not alone
    assert names(last(known)) == ["dana"]
    assert "Named before: sam@clinic.example." in last(known).news[0]


def test_more_events_than_are_kept_leave_a_doubt(known: Rig) -> None:
    known.arm.lag(ACCOUNT, seconds=50)
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    for _ in range(25):
        known.clock.advance(seconds=1)
        known.write(ACCOUNT, claims=by("busy"))
    known.later(minutes=5)

    assert names(known.teams.told[0][0]) == ["busy"]
    assert not stored(known).is_cause


def test_a_fix_names_all_who_can_have_made_it(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=5)
    known.arm.lag(ACCOUNT, seconds=30)
    mended(known)
    overtaken = known.event(ACCOUNT, claims=by("mender"))
    known.write(ACCOUNT, claims=by("toucher"))
    known.deliver(overtaken)
    known.later(minutes=3)

    assert last(known).change == "resolved"
    assert set(names(last(known))) == {"mender", "toucher"}
    assert last(known).standing is Standing.SEVERAL


def test_a_further_change_has_its_own_author_and_the_opening_keeps_its_proof(known: Rig) -> None:
    known.only(open_account.toy("TOY-OPEN", _noted))
    known.arm.set(ACCOUNT, open=True)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=3)
    known.arm.set(ACCOUNT, open="wide")
    known.write(ACCOUNT, claims=by("sam"))

    assert (last(known).standing, names(last(known))) == (Standing.LIKELY, ["sam"])
    assert "The opening: Changed by dana@clinic.example." in last(known).news


def _noted(resource: Resource, azure: Estate) -> Verdict:
    """Fail while the account is open in any way, and show how."""
    value = resource.get("properties.open")
    found = (Evidence("properties.open", value, "false"),)
    return Verdict(Outcome.FAIL if value else Outcome.PASS, f"open is {value}", found)

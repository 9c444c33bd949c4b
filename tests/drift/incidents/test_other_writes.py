"""What else the actor of a change wrote, by the activity log."""

from dataclasses import dataclass
from typing import Any

import pytest

from drift.errors import SourceUnavailable
from drift.model import Actor
from drift.ports import Activity, ActivityAnswer
from tests.drift.incidents.actors import NOBODY, OPENED, UPDATED, asked, claims
from tests.support.open_account import broken, mended, place
from tests.support.rig import ACCOUNT, GROUP, Log, Rig


def wrote(rig: Rig, what: str, *, minutes: float = 20) -> Activity:
    at = rig.clock.now
    return Activity(at, f"microsoft.compute/{what}/write", f"/x/{what}", succeeded=True)


def test_what_else_the_actor_wrote_is_one_update(known: Rig) -> None:
    asked(known, ActivityAnswer(True, (wrote(known, "disks"),), 1))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=60)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == [OPENED, UPDATED]
    assert notice.context == (
        "dana@clinic.example also made 1 × microsoft.compute/disks/write on disks.",
    )


def test_a_count_that_has_grown_replaces_the_one_told_before(known: Rig) -> None:
    disk = wrote(known, "disks")
    asked(known, ActivityAnswer(True, (disk,), 1), ActivityAnswer(True, (disk, disk), 2))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=60)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == [OPENED, UPDATED, UPDATED]
    assert notice.context == (
        "dana@clinic.example also made 2 × microsoft.compute/disks/write on disks.",
    )
    assert notice.news == notice.context


def test_a_log_that_never_catches_up_proves_and_tells_nothing(known: Rig) -> None:
    log = asked(known, ActivityAnswer(False, (wrote(known, "disks"),)))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=60)

    assert known.teams.changes == [OPENED]
    assert len(log.asked) == 2


def test_a_log_that_fails_after_it_answered_adds_nothing(known: Rig) -> None:
    asked(known, ActivityAnswer(True, (wrote(known, "disks"),), 1), ActivityAnswer(False, ()))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=60)

    assert known.teams.changes == [OPENED, UPDATED]


def test_nothing_else_written_tells_nothing(known: Rig) -> None:
    asked(known, ActivityAnswer(True, ()))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=60)

    assert known.teams.changes == [OPENED]
    assert known.store_rows("due|") == 0


def test_the_log_is_not_asked_about_what_has_ended(known: Rig) -> None:
    log = asked(known, ActivityAnswer(True, (wrote(known, "disks"),), 1))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=60)

    assert known.teams.changes == [OPENED, "TOY-OPEN resolved"]
    assert log.asked == []


def test_the_log_is_asked_about_the_one_who_opened_it_with_his_own_event(known: Rig) -> None:
    place(known, phi=False)
    log = asked(known, ActivityAnswer(True, ()))
    broken(known)
    event = known.write(ACCOUNT, claims=claims("dana"))
    known.later(minutes=3)
    known.arm.put(GROUP, tags={"dataClassification": "phi"})
    tags = f"{GROUP}/providers/Microsoft.Resources/tags/default"
    known.write(tags, claims=claims("tagger"))
    known.later(minutes=60)

    assert {each.name for each in log.asked} == {"dana"}
    assert set(log.correlations) == {event["data"]["correlationId"]}


@pytest.mark.parametrize("claimed", [NOBODY, None])
def test_the_log_is_not_asked_about_nobody(known: Rig, claimed: dict[str, str] | None) -> None:
    log = asked(known, ActivityAnswer(True, ()))
    broken(known)
    known.write(ACCOUNT, claims=claimed)
    known.later(minutes=60)

    assert log.asked == []


def test_a_log_that_refuses_is_asked_again_and_said_to_refuse(known: Rig) -> None:
    log = Refusing(ActivityAnswer(True, (wrote(known, "disks"),), 1))
    known.change(activity_log=log)
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=20)
    refused, _ = known.teams.told[-1]
    log.refuses = False
    known.later(minutes=60)
    answered, _ = known.teams.told[-1]

    assert refused.context == (
        "Other changes by dana@clinic.example are unknown: no answer from the log: HTTP 403.",
    )
    assert answered.context == (
        "dana@clinic.example also made 1 × microsoft.compute/disks/write on disks.",
    )
    assert known.teams.changes == [OPENED, UPDATED, UPDATED]


@dataclass
class Refusing(Log):
    """An activity log that may not be asked, for a while."""

    refuses: bool = True

    def writes_by(self, actor: Actor, **window: Any) -> ActivityAnswer:
        if self.refuses:
            raise SourceUnavailable("the log", 403)
        return super().writes_by(actor, **window)

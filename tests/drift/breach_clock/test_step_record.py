"""Each step of a breach clock is a record of the evidence log, stored with the step itself."""

from typing import Any

import pytest

from drift.breach.clock import Basis, Stage
from drift.breach_clock.record import Action
from tests.drift.breach_clock.conftest import Take
from tests.support.evidence import MemoryEvidence, keep_evidence, records_of
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, Rig


@pytest.fixture
def evidence(rig: Rig) -> MemoryEvidence:
    """Return the evidence log of a monitor that has just opened an incident."""
    evidence = MemoryEvidence()
    keep_evidence(rig, evidence)
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=1)
    return evidence


def steps(evidence: MemoryEvidence) -> list[dict[str, Any]]:
    return [each for each in records_of(evidence) if each["kind"] == "step"]


def test_a_step_is_recorded_with_who_took_it_why_and_the_deadlines_that_follow(
    rig: Rig, evidence: MemoryEvidence, take: Take
) -> None:
    at = rig.clock()
    take(Action.DISCOVER, basis=Basis.PRESUMED)
    rig.later(seconds=30)

    (record,) = steps(evidence)
    changes = [each for each in records_of(evidence) if each["kind"] == "change"]
    assert record["incident"] == changes[0]["incident"]
    assert (record["at"], record["sequence"]) == (at.isoformat(), 1)
    assert record["step"] == {
        "number": 1,
        "action": "discover",
        "by": "R. Ortiz",
        "reason": "see the file",
        "at": at.isoformat(),
        "basis": "presumed",
        "written": False,
    }
    assert record["clock"]["stage"] == "discovered"
    first = record["clock"]["deadlines"][0]
    assert (first["recipient"], first["day"], first["noticed"]) == (
        "hhs",
        "2027-01-19",
        False,
    )


def test_every_step_is_recorded_once_and_in_its_order(
    rig: Rig, evidence: MemoryEvidence, take: Take
) -> None:
    take(Action.SUSPECT)
    take(Action.DISCOVER, basis=Basis.CONFIRMED)
    take(Action.COUNT, total=0)
    take(Action.DECIDE, outcome=Stage.BREACH)
    rig.later(minutes=2)

    assert [(each["step"]["number"], each["step"]["action"]) for each in steps(evidence)] == [
        (1, "suspect"),
        (2, "discover"),
        (3, "count"),
        (4, "decide"),
    ]
    assert steps(evidence)[2]["step"]["total"] == 0
    assert len({each["uid"] for each in steps(evidence)}) == 4


def test_a_step_that_is_refused_leaves_no_record(
    rig: Rig, evidence: MemoryEvidence, take: Take
) -> None:
    with pytest.raises(ValueError, match="accepts no decide"):
        take(Action.DECIDE, outcome=Stage.BREACH)
    rig.later(minutes=1)

    assert steps(evidence) == []


def test_a_step_is_not_recorded_where_no_evidence_is_kept(rig: Rig, take: Take) -> None:
    broken(rig)
    rig.write(ACCOUNT)
    take(Action.SUSPECT)

    assert rig.store_rows("evidence|") == 0

"""The posture by HIPAA section: how a stored verdict is counted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cli.reporting.posture import NO_CITATION, Posture, posture_data
from drift.model import Outcome
from drift.state.resource_record import ControlState, Record
from tests.support.open_account import OPEN
from tests.support.rig import ACCOUNT

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIRST = replace(OPEN.CONTROL, id="FIRST", hipaa=("164.312(a)(1)", "164.312(b)"))
SECOND = replace(OPEN.CONTROL, id="SECOND", hipaa=("164.312(b)",))
CONTROLS = (FIRST, SECOND)


def record(phi: bool | None = True, **outcomes: Outcome) -> Record:
    states = {
        name: ControlState(outcome=each, open=each is Outcome.FAIL)
        for name, each in outcomes.items()
    }
    return Record(id=ACCOUNT, phi=phi, controls=states)


def posture(*records: Record, disabled: tuple[str, ...] = ()) -> dict[str, dict[str, int]]:
    """Return the counts by section, and by section and control."""
    found = Posture({each.id: each.hipaa for each in CONTROLS})
    for each in records:
        found.add(each)
    data = posture_data(found, CONTROLS, disabled, NOW)
    sections = {each["citation"]: each["resources"] for each in data["sections"]}
    controls = {
        f"{each['citation']} {one['control']}": one
        for each in data["sections"]
        for one in each["controls"]
    }
    return {**sections, **controls}


def test_a_control_counts_under_each_of_its_citations() -> None:
    found = posture(record(FIRST=Outcome.FAIL))

    assert found["164.312(a)(1) FIRST"]["open"] == 1
    assert found["164.312(b) FIRST"]["open"] == 1
    assert found["164.312(b) SECOND"]["state"] == "no resource judged"  # type: ignore[comparison-overlap]


def test_a_resource_counts_once_in_a_section_however_many_controls_fail_on_it() -> None:
    found = posture(record(FIRST=Outcome.FAIL, SECOND=Outcome.FAIL))["164.312(b)"]

    assert (found["judged"], found["open"]) == (1, 1)


@pytest.mark.parametrize("other", [Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXCEPTED])
def test_a_resource_passes_a_section_only_where_nothing_else_is_said_of_it(other: Outcome) -> None:
    found = posture(record(FIRST=Outcome.PASS, SECOND=other))

    assert found["164.312(b)"]["passed"] == 0
    assert found["164.312(a)(1)"]["passed"] == 1


def test_an_incident_that_is_open_while_the_verdict_is_unknown_counts_as_both() -> None:
    state = ControlState(outcome=Outcome.UNKNOWN, open=True)
    found = posture(Record(id=ACCOUNT, controls={"FIRST": state}))["164.312(a)(1)"]

    assert (found["open"], found["unknown"], found["passed"]) == (1, 1, 0)


def test_a_pass_that_is_not_confirmed_yet_is_still_open() -> None:
    state = ControlState(outcome=Outcome.PASS, open=True)
    found = posture(Record(id=ACCOUNT, controls={"FIRST": state}))["164.312(a)(1)"]

    assert (found["open"], found["passed"]) == (1, 0)


def test_phi_that_is_not_ruled_out_counts_as_phi() -> None:
    found = posture(
        record(None, FIRST=Outcome.FAIL),
        record(True, FIRST=Outcome.FAIL),
        record(False, FIRST=Outcome.FAIL),
    )["164.312(a)(1)"]

    assert (found["judged"], found["judgedPhi"], found["openPhi"]) == (3, 2, 2)


def test_what_does_not_apply_is_not_judged() -> None:
    found = posture(record(FIRST=Outcome.NOT_APPLICABLE))["164.312(a)(1)"]

    assert (found["judged"], found["notApplicable"], found["passed"]) == (0, 1, 0)


@pytest.mark.parametrize(
    "gone", [{"absent_at": NOW}, {"ended_at": NOW}, {"moved_to": f"{ACCOUNT}2"}]
)
def test_a_resource_that_is_gone_is_not_counted(gone: dict[str, object]) -> None:
    record_of_it = replace(record(FIRST=Outcome.PASS), **gone)  # type: ignore[arg-type]

    assert posture(record_of_it)["164.312(a)(1)"]["judged"] == 0


def test_a_control_that_this_version_does_not_have_is_counted_without_a_citation() -> None:
    assert posture(record(GONE=Outcome.FAIL))[f"{NO_CITATION} GONE"]["open"] == 1


def test_incidents_about_the_monitor_itself_are_no_posture() -> None:
    state = ControlState(outcome=Outcome.FAIL, open=True)
    found = Posture({})
    found.add(Record(id="/monitor", controls={"MONITOR-BLIND": state}))

    assert found.resources == 0

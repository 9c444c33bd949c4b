"""The time to detect, to deliver and to close, and when it is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cli.reporting.detection import detection_of, time_to_close
from cli.reporting.kept import Kept
from drift.model import Actor, Severity
from drift.notices import Closure, Found
from drift.state.attribution_record import Attribution, PossibleCause
from drift.state.incident_record import Incident

OPENED = datetime(2026, 11, 20, 3, tzinfo=UTC)
DANA, LEE = Actor("dana@clinic.example"), Actor("lee@clinic.example")
TOLD = {
    "splunk": {1: OPENED + timedelta(seconds=2)},
    "teams": {1: OPENED + timedelta(seconds=1), 2: OPENED},
}


def before(**span: float) -> datetime:
    return OPENED - timedelta(**span)


def write(actor: Actor, at: datetime) -> PossibleCause:
    return PossibleCause(event_id=actor.name, at=at, actor=actor)


def made_by(*writes: PossibleCause, is_compared: bool = True) -> Attribution:
    return Attribution(
        until=OPENED, after=before(minutes=9), is_compared=is_compared, causes=writes
    )


def kept(*attributions: Attribution, **changes: object) -> Kept:
    incident = Incident(
        resource_id="/subscriptions/s/resourceGroups/g/providers/p/t/n",
        control_id="TOY",
        number=1,
        sequence=2,
        opened_at=OPENED,
        severity=Severity.HIGH,
        reason="",
        evidence=(),
        attributions=attributions,
    )
    return Kept(replace(incident, **changes), TOLD, None)  # type: ignore[arg-type]


def test_detection_counts_from_the_event_of_the_write_to_the_opening_and_the_first_delivery() -> (
    None
):
    found = detection_of(kept(made_by(write(DANA, before(seconds=4)))))

    assert found.to_decide == timedelta(seconds=4)
    assert found.to_tell == timedelta(seconds=5)
    assert found.at_most is None
    assert found.why == ""


def test_of_several_writes_that_can_have_made_it_the_oldest_counts() -> None:
    writes = write(DANA, before(seconds=4)), write(LEE, before(seconds=40))

    assert detection_of(kept(made_by(*writes))).to_decide == timedelta(seconds=40)


def test_without_an_event_only_the_longest_time_is_known() -> None:
    found = detection_of(kept(made_by(), found=Found.MISSED))

    assert (found.to_decide, found.to_tell) == (None, None)
    assert found.at_most == timedelta(minutes=9)
    assert found.why == "a sweep found it; no event reported the change"


def test_a_last_write_before_the_first_look_is_no_known_change() -> None:
    write_before = made_by(write(DANA, before(seconds=4)), is_compared=False)
    found = detection_of(kept(write_before, found=Found.FIRST_CONTACT))

    assert found.to_decide is None
    assert found.why == "it was there before the monitor looked first"


def test_an_incident_without_a_note_of_its_cause_is_not_detected_at_once() -> None:
    found = detection_of(kept(event_at=None))

    assert found.to_decide is None
    assert found.why == "the incident has no note of what made the change"


def test_clocks_that_differ_give_no_time_below_zero() -> None:
    late = write(DANA, OPENED + timedelta(seconds=3))

    assert detection_of(kept(made_by(late))).to_decide == timedelta()


def test_an_incident_that_opened_again_counts_from_its_first_opening_to_its_last_end() -> None:
    again = kept(
        made_by(write(DANA, before(seconds=4))),
        first_opened_at=before(hours=1),
        closed_at=OPENED + timedelta(hours=1),
        closure=Closure.FIXED,
    )

    assert time_to_close(again) == timedelta(hours=2)
    assert detection_of(again).to_decide == timedelta(seconds=4)
    assert detection_of(again).to_tell is None


def test_an_open_incident_has_no_time_to_close() -> None:
    assert time_to_close(kept()) is None

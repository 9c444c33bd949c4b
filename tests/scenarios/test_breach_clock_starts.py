"""The breach clock starts by itself once access is confirmed or presumed, and only then."""

from dataclasses import replace

import pytest

from drift.breach.clock import Basis, Clock, Stage
from drift.breach_clock.record import ClockRecord, clock_in, clock_row
from drift.breach_clock.start import BY, basis_shown
from drift.notices import Access
from drift.state.incident_record import Incident, load_incident
from tests.scenarios.openings import OPENINGS, Opening
from tests.support.exposed_clinic import ExposedClinic


def used(clinic: ExposedClinic, opening: Opening) -> Incident:
    """Open and use a resource, and return its incident after the second question."""
    opening.open(clinic)
    clinic.rig.later(minutes=1)
    opening.use(clinic)
    clinic.rig.later(minutes=35)
    incident = load_incident(clinic.rig.store, opening.resource, opening.control, 1)
    assert incident
    return incident


def clock_of(clinic: ExposedClinic, incident: Incident) -> ClockRecord | None:
    row = clock_row(clinic.rig.store, incident)
    return clock_in(row) if row else None


@pytest.mark.parametrize(
    ("name", "basis"),
    [("account", Basis.CONFIRMED), ("vault", Basis.CONFIRMED), ("disk", Basis.PRESUMED)],
)
def test_access_that_the_logs_show_is_discovered_at_the_first_alert(
    name: str, basis: Basis, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = OPENINGS[name]
    with opening.watched(monkeypatch) as clinic:
        incident = used(clinic, opening)
        record = clock_of(clinic, incident)

        assert record
        assert (record.clock.stage, record.clock.basis) == (Stage.DISCOVERED, basis)
        assert record.clock.discovered_at == incident.opened_at
        (step,) = record.steps
        assert step.by == BY
        assert step.reason.startswith(f"Access is {basis}. ")
        assert "caller" in step.reason


@pytest.mark.parametrize("name", ["administrators", "privileged role"])
def test_access_that_is_only_possible_starts_no_clock(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = OPENINGS[name]
    with opening.watched(monkeypatch) as clinic:
        assert clock_of(clinic, used(clinic, opening)) is None


@pytest.fixture(scope="module")
def incident() -> Incident:
    """Return an incident of an account that was read by strangers."""
    opening = OPENINGS["account"]
    with pytest.MonkeyPatch.context() as patch, opening.watched(patch) as clinic:
        return used(clinic, opening)


def shown(
    incident: Incident, access: Access, clock: Clock | None, phi: bool | None
) -> Basis | None:
    assert incident.exposure
    exposure = replace(incident.exposure, access=access)
    return basis_shown(replace(incident, phi=phi, exposures=(exposure,)), clock)


PRESUMED = Clock(Stage.DISCOVERED, basis=Basis.PRESUMED)
CONFIRMED = replace(PRESUMED, basis=Basis.CONFIRMED)


@pytest.mark.parametrize(
    ("access", "clock", "phi", "basis"),
    [
        (Access.CONFIRMED, None, None, Basis.CONFIRMED),
        (Access.CONFIRMED, None, False, None),
        (Access.PRESUMED, None, True, Basis.PRESUMED),
        (Access.POSSIBLE, None, True, None),
        (Access.EXCLUDED, None, True, None),
        (Access.PRESUMED, Clock(), True, Basis.PRESUMED),
        (Access.PRESUMED, PRESUMED, True, None),
        (Access.CONFIRMED, PRESUMED, True, Basis.CONFIRMED),
        (Access.CONFIRMED, replace(PRESUMED, stage=Stage.LOW_PROBABILITY), True, Basis.CONFIRMED),
        (Access.CONFIRMED, replace(PRESUMED, stage=Stage.NOTIFIED), True, None),
        (Access.CONFIRMED, CONFIRMED, True, None),
        (Access.PRESUMED, CONFIRMED, True, None),
    ],
)
def test_a_discovery_is_recorded_once_and_again_where_presumed_access_is_confirmed(
    incident: Incident,
    access: Access,
    clock: Clock | None,
    phi: bool | None,
    basis: Basis | None,
) -> None:
    assert shown(incident, access, clock, phi) is basis


def test_an_incident_without_an_answer_starts_no_clock(incident: Incident) -> None:
    assert basis_shown(replace(incident, exposures=()), None) is None

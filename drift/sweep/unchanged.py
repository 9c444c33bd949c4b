"""Compare an observation with the record: if nothing differs, ARM need not be read."""

from drift.changes.dependents import documents_elsewhere
from drift.controls.result import ControlResult
from drift.incidents.comparison import adds_information
from drift.model import Outcome
from drift.observation.observation import Observation
from drift.ports import Store
from drift.state.incident_record import load_incident
from drift.state.resource_record import Record


def is_unchanged(store: Store, record: Record, observation: Observation) -> bool:
    """Tell whether a row shows nothing that is not on record, so that ARM need not be read."""
    doubtful = bool(observation.failures)
    if record.documents and (
        _shows_phi(record, observation) or _rests_on_more(record, observation)
    ):
        return False
    return all(
        _is_on_record(record, each) and _is_reported(store, record, each, doubtful=doubtful)
        for each in observation.results
    )


def _rests_on_more(record: Record, observation: Observation) -> bool:
    """Tell whether a verdict is based on another document that has no ``uses`` row for the resource yet."""
    elsewhere = documents_elsewhere(record.id, observation.asked)
    return not frozenset(record.documents).issuperset(elsewhere)


def _shows_phi(record: Record, observation: Observation) -> bool:
    """Tell whether a row shows a PHI scope or a PHI tag that is not on record."""
    holds = observation.scope is not None and observation.scope.phi and not record.phi
    tagged = observation.phi is not None and observation.phi.tag and not record.phi_tag
    return bool(holds or tagged)


def _is_reported(store: Store, record: Record, result: ControlResult, *, doubtful: bool) -> bool:
    """Tell whether a failure is the one that was reported."""
    if result.verdict.outcome is not Outcome.FAIL:
        return True
    name = result.control.id
    current = load_incident(store, record.id, name, record.controls[name].number)
    return current is not None and not adds_information(current, result, doubtful=doubtful)


def _is_on_record(record: Record, result: ControlResult) -> bool:
    state = record.controls.get(result.control.id)
    match result.verdict.outcome:
        case Outcome.FAIL:
            return state is not None and state.open
        case Outcome.EXCEPTED:
            return state is not None and state.outcome is Outcome.EXCEPTED
        case Outcome.UNKNOWN:
            return state is not None and state.unknown_since is not None
        case _:
            return state is None or not (state.open or state.unknown_since)

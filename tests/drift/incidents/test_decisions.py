"""Small decisions as tables: transitions, closures, severities, routes, facets, exceptions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from detectors import facets
from drift.codec import decode, encode
from drift.config.model import Config, Exemption, PhiScope, Route
from drift.controls import engine, exceptions
from drift.controls.document_estate import DocumentEstate
from drift.errors import Unreadable
from drift.estate import Baseline, Estate, Scope
from drift.incidents import lifecycle
from drift.incidents.lifecycle import Transition
from drift.model import Evidence, Outcome, Resource, Severity, Verdict
from drift.notices import Closure
from drift.outbox import routing
from drift.phi.resolver import LazyScopeResolver, PriorScope
from drift.ports import Audience
from drift.state import incident_ids, keys, packing
from drift.state.incident_record import Incident
from drift.state.resource_record import ControlState, Record
from tests.support.open_account import OPEN
from tests.support.rig import ACCOUNT, GROUP, Channel

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
CLOSED = ControlState(outcome=Outcome.PASS, number=1)
TOLERATED = ControlState(outcome=Outcome.EXCEPTED)
RUNNING = ControlState(outcome=Outcome.FAIL, number=1, open=True)
CHANNELS = (
    Channel("teams"),
    Channel("pagerduty", Audience.PAGER),
    Channel("splunk", audience=Audience.SIEM),
    Channel("other"),
)
RESOURCE = Resource(ACCOUNT, "microsoft.storage/storageaccounts", {})
AROUND = DocumentEstate({}, complete=True, baseline=Baseline(), now=NOW)
NOTHING = engine.ScopedEstate(AROUND, LazyScopeResolver(RESOURCE, AROUND, PhiScope(), PriorScope()))


@pytest.mark.parametrize(
    ("outcome", "state", "step"),
    [
        (Outcome.UNKNOWN, None, Transition.CANNOT_TELL),
        (Outcome.UNKNOWN, RUNNING, Transition.CANNOT_TELL),
        (Outcome.FAIL, None, Transition.OPENED),
        (Outcome.FAIL, CLOSED, Transition.OPENED),
        (Outcome.FAIL, RUNNING, Transition.STILL_OPEN),
        (Outcome.PASS, None, Transition.STILL_FINE),
        (Outcome.PASS, CLOSED, Transition.STILL_FINE),
        (Outcome.PASS, RUNNING, Transition.ENDED),
        (Outcome.NOT_APPLICABLE, RUNNING, Transition.ENDED),
        (Outcome.EXCEPTED, None, Transition.TOLERATED),
        (Outcome.EXCEPTED, CLOSED, Transition.TOLERATED),
        (Outcome.EXCEPTED, TOLERATED, Transition.STILL_FINE),
        (Outcome.EXCEPTED, RUNNING, Transition.EXCEPTED),
    ],
)
def test_a_verdict_and_what_is_on_record_decide_the_step(
    outcome: Outcome, state: ControlState | None, step: Transition
) -> None:
    assert lifecycle.next_transition(outcome, state, changed=False, settled=True) is step


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.NOT_APPLICABLE])
def test_what_passes_too_soon_is_not_settled(outcome: Outcome) -> None:
    step = lifecycle.next_transition(outcome, RUNNING, changed=False, settled=False)

    assert step is Transition.UNSETTLED


def test_another_failure_is_a_change() -> None:
    step = lifecycle.next_transition(Outcome.FAIL, RUNNING, changed=True, settled=True)

    assert step is Transition.CHANGED


@pytest.mark.parametrize(
    ("outcome", "properties", "rules", "closure"),
    [
        (Outcome.PASS, True, False, Closure.FIXED),
        (Outcome.PASS, True, True, Closure.FIXED),
        (Outcome.PASS, False, False, Closure.FIXED),
        (Outcome.PASS, False, True, Closure.NO_LONGER_REQUIRED),
        (Outcome.NOT_APPLICABLE, True, False, Closure.NO_LONGER_REQUIRED),
        (Outcome.EXCEPTED, False, True, Closure.EXCEPTED),
    ],
)
def test_only_what_was_changed_is_called_fixed(
    outcome: Outcome, properties: bool, rules: bool, closure: Closure
) -> None:
    found = lifecycle.closure_of(outcome, properties_changed=properties, rules_changed=rules)

    assert found is closure


def test_names_on_the_wire_are_short_and_tell_openings_apart() -> None:
    names = {incident_ids.incident_id("X", f"{ACCOUNT}{'y' * 2000}", number) for number in range(9)}

    assert len(names) == 9
    assert {len(each) for each in names} == {64}
    assert incident_ids.finding_uid("X", ACCOUNT.upper()) == incident_ids.finding_uid("X", ACCOUNT)


@pytest.mark.parametrize(
    ("severity", "told"),
    [
        (Severity.LOW, ["splunk"]),
        (Severity.MEDIUM, ["teams", "splunk", "other"]),
        (Severity.HIGH, ["teams", "splunk", "other"]),
        (Severity.CRITICAL, ["teams", "pagerduty", "splunk", "other"]),
    ],
)
def test_without_routes_the_severity_decides(severity: Severity, told: list[str]) -> None:
    assert list(routing.channels_for("X", severity, CHANNELS, ())) == told


def test_with_routes_only_they_decide() -> None:
    routes = (
        Route(channels=("pagerduty",), severity=Severity.HIGH),
        Route(channels=("teams",), controls=("X",)),
    )

    assert routing.channels_for("X", Severity.LOW, CHANNELS, routes) == ("teams",)
    assert routing.channels_for("Y", Severity.HIGH, CHANNELS, routes) == ("pagerduty",)
    assert routing.channels_for("Y", Severity.LOW, CHANNELS, routes) == ()


@pytest.mark.parametrize(
    ("refusing", "usual", "told"),
    [
        ("teams", ("teams", "splunk"), ("splunk", "pagerduty")),
        ("teams", ("pagerduty",), ("pagerduty",)),
        ("splunk", ("splunk",), ("teams",)),
        ("splunk", ("teams", "splunk"), ("teams",)),
    ],
)
def test_a_refusing_channel_is_reported_to_a_person_by_another_channel(
    refusing: str, usual: tuple[str, ...], told: tuple[str, ...]
) -> None:
    assert routing.channels_except(refusing, usual, CHANNELS) == told


def test_no_channel_reports_the_refusal_of_the_only_channel() -> None:
    assert routing.channels_except("teams", ("teams",), CHANNELS[:1]) == ()


@pytest.mark.parametrize(
    ("phi", "own", "severity"),
    [
        (True, None, Severity.CRITICAL),
        (None, None, Severity.CRITICAL),
        (False, None, Severity.HIGH),
        (False, Severity.MEDIUM, Severity.LOW),
        (False, Severity.LOW, Severity.LOW),
        (True, Severity.LOW, Severity.LOW),
    ],
)
def test_only_what_is_proved_not_to_be_phi_is_less_severe(
    phi: bool | None, own: Severity | None, severity: Severity
) -> None:
    verdict = Verdict(Outcome.FAIL, "", severity=own)

    assert engine.severity_in_scope(OPEN.CONTROL, verdict, Scope(phi, "")) is severity


def exempt(resource_id: str, *, hours: float = 1, control: str = "TOY-OPEN") -> Exemption:
    expires = NOW + timedelta(hours=hours)
    return Exemption(
        control=control, resource_id=resource_id, reason="", approved_by="", expires=expires
    )


@pytest.mark.parametrize(
    ("exemption", "covers"),
    [
        (exempt(ACCOUNT), True),
        (exempt(f"{ACCOUNT.upper()}/"), True),
        (exempt(GROUP), True),
        (exempt(GROUP[:-1]), False),
        (exempt(ACCOUNT[:-1]), False),
        (exempt(f"{ACCOUNT}/blobServices/default"), False),
        (exempt(ACCOUNT, hours=0), False),
        (exempt(ACCOUNT, control="TOY"), False),
    ],
)
def test_an_exception_covers_its_control_there_and_below_until_it_expires(
    exemption: Exemption, covers: bool
) -> None:
    found = exceptions.exception_for(Config(exemptions=(exemption,)), "TOY-OPEN", ACCOUNT, NOW)

    assert (found is exemption) is covers


def side(outcome: Outcome | None, severity: Severity | None = None) -> facets.Facet:
    def look(resource: Resource, estate: Estate) -> Verdict:
        if outcome is None:
            raise Unreadable("x", "refused")
        name = f"{outcome}"
        return Verdict(outcome, name, (Evidence(name, 1, "2"),), severity)

    return look


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([Outcome.PASS, Outcome.PASS], Outcome.PASS),
        ([Outcome.PASS, None], Outcome.UNKNOWN),
        ([Outcome.FAIL, None], Outcome.FAIL),
        ([None, Outcome.FAIL], Outcome.FAIL),
        ([Outcome.FAIL, Outcome.PASS], Outcome.FAIL),
        ([Outcome.NOT_APPLICABLE, Outcome.PASS], Outcome.PASS),
        ([Outcome.NOT_APPLICABLE, None], Outcome.UNKNOWN),
        ([Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE], Outcome.NOT_APPLICABLE),
    ],
)
def test_a_facet_that_cannot_be_read_hides_no_other_facet(
    outcomes: Sequence[Outcome | None], whole: Outcome
) -> None:
    verdict = facets.weakest(OPEN.CONTROL, [side(each) for each in outcomes], RESOURCE, NOTHING)

    assert verdict.outcome is whole


def test_the_worst_side_decides_how_severe_it_is() -> None:
    sides = [side(Outcome.FAIL, Severity.LOW), side(Outcome.FAIL, Severity.HIGH)]

    assert facets.weakest(OPEN.CONTROL, sides, RESOURCE, NOTHING).severity is Severity.HIGH


def test_what_is_stored_comes_back_as_it_was() -> None:
    incident = Incident(
        resource_id=ACCOUNT,
        control_id="X",
        number=1,
        sequence=2,
        opened_at=NOW,
        severity=Severity.HIGH,
        reason="é\u2028😀",
        evidence=(Evidence("a.b", [1, {"c": None}], "d"),),
        closure=Closure.DELETED,
        phi=None,
    )

    assert decode(Incident, packing.unpack(packing.pack(encode(incident), "x"), "x")) == incident


def test_a_row_of_a_later_version_is_read_by_this_one() -> None:
    data = {"id": ACCOUNT, "of_the_future": 1}

    assert decode(Record, data) == Record(id=ACCOUNT)


def test_a_packed_value_is_cut_into_properties_that_a_table_takes() -> None:
    packed = packing.pack([str(number**7) for number in range(40_000)], "x")

    assert len(packed) > 3
    assert max(len(each) for each in packed.values()) <= 32_000


def test_keys_sort_as_times_and_numbers_do() -> None:
    moments = [NOW + timedelta(microseconds=step) for step in (0, 1, 10, 999_999, 1_000_000)]
    stamps = [keys.stamp(each) for each in moments]
    numbers = [keys.numbered(each) for each in (0, 9, 10, 99, 100_000)]

    assert stamps == sorted(stamps)
    assert len({len(each) for each in stamps}) == 1
    assert numbers == sorted(numbers)


def test_a_resource_has_one_place_whatever_its_spelling() -> None:
    spellings = (ACCOUNT, ACCOUNT.upper(), f"{ACCOUNT}/", f" {ACCOUNT}")

    assert len({keys.digest(each) for each in spellings}) == 1
    assert {keys.partition(each) for each in spellings} <= set(keys.PARTITIONS)

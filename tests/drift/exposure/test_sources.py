"""Who a caller is, what metrics count, what a log covers, and from when until when it is asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from drift.access.ports import MetricSeries
from drift.exposure.answer import answer
from drift.exposure.callers import CallerKind, Exposes, Own, kind_of_caller
from drift.exposure.coverage import coverage_of
from drift.exposure.log_proof import WHOLE, LogProof
from drift.exposure.metric_counts import RequestCounts, counts
from drift.exposure.openings import window_of
from drift.exposure.window import Window
from drift.model import Outcome, Severity
from drift.notices import Access, Closure
from drift.state.attribution_record import Attribution
from drift.state.incident_record import Incident
from drift.state.resource_record import ControlState
from tests.drift.exposure.findings import CLOSED, HOUR, LATER, MINUTE, OPENED, WINDOW, findings, use
from tests.support.rig import ACCOUNT

OWN = Own.of(("198.51.100.0/24", "/subscriptions/s/virtualNetworks/v"), "tenant-of-the-clinic")
LOGGED = ControlState(outcome=Outcome.PASS)
PROOF = LogProof(rows=5, last=CLOSED + MINUTE, newest=CLOSED + MINUTE)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, CallerKind.FOREIGN),
        ({"address": "10.0.0.4"}, CallerKind.FOREIGN),
        ({"address": "198.51.100.7"}, CallerKind.OWN),
        ({"proof": "sas"}, CallerKind.UNNAMED),
        ({"proof": "accountkey", "address": "2a00::1"}, CallerKind.UNNAMED),
        ({"proof": "accountkey", "address": "10.0.0.4"}, CallerKind.UNCLEAR),
        ({"proof": "accountkey", "address": "fd00::4"}, CallerKind.UNCLEAR),
        ({"proof": "accountkey", "address": "not an address"}, CallerKind.UNCLEAR),
        ({"proof": "oauth", "tenant": "tenant-of-the-clinic"}, CallerKind.UNCLEAR),
        ({"proof": "oauth", "tenant": ""}, CallerKind.UNCLEAR),
        ({"proof": "oauth", "tenant": "another"}, CallerKind.FOREIGN),
        ({"proof": "a proof of tomorrow"}, CallerKind.UNCLEAR),
    ],
)
def test_behind_a_firewall_a_caller_is_ours_only_by_an_approved_network(
    values: dict[str, Any], expected: CallerKind
) -> None:
    outside = {"address": "8.8.8.8", **values}

    assert kind_of_caller(use(**outside), Exposes.NETWORK, OWN) is expected


@pytest.mark.parametrize("address", ["198.51.100.7", "10.0.0.4", ""])
def test_no_address_makes_an_anonymous_caller_ours(address: str) -> None:
    caller = use(address=address)

    assert kind_of_caller(caller, Exposes.ANONYMOUS, OWN) is CallerKind.FOREIGN


def test_another_tenant_is_not_known_where_our_own_is_not() -> None:
    caller = use(proof="oauth", tenant="another", address="8.8.8.8")

    assert kind_of_caller(caller, Exposes.NETWORK, Own.of((), "")) is CallerKind.UNCLEAR


def series(proof: str, operation: str, result: str, *totals: float) -> MetricSeries:
    names = {"authentication": proof, "apiname": operation, "responsetype": result}
    return MetricSeries(
        names, tuple((OPENED + at * MINUTE, each) for at, each in enumerate(totals))
    )


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("Anonymous", "GetBlob", "Success"), (3, 0, 0)),
        (("Anonymous", "ListBlobs", "Success"), (0, 3, 0)),
        (("Anonymous", "GetBlobProperties", "Success"), (0, 0, 0)),
        (("Anonymous", "ReadBlobOfTomorrow", "Success"), (0, 0, 3)),
        (("Anonymous", "GetBlob", "AuthorizationError"), (0, 0, 0)),
        (("Anonymous", "GetBlob", "ClientOtherError"), (0, 0, 0)),
        (("Anonymous", "GetBlob", "NetworkError"), (0, 0, 3)),
        (("Anonymous", "GetBlob", "ServerTimeoutError"), (0, 0, 3)),
        (("Anonymous", "GetBlob", "A result of tomorrow"), (0, 0, 3)),
        (("", "GetBlob", "Success"), (0, 0, 3)),
        (("AnonymousPreflight", "GetBlob", "Success"), (0, 0, 0)),
        (("OAuth", "GetBlob", "Success"), (0, 0, 0)),
    ],
)
def test_metrics_count_as_access_only_what_they_prove(
    labels: tuple[str, str, str], expected: tuple[int, int, int]
) -> None:
    found = counts([series(*labels, 0, 2, 1)], anonymous_only=True)

    assert (found.reads, found.listings, found.unclear) == expected


def test_metrics_say_when_the_first_and_the_last_were() -> None:
    several = [
        series("Anonymous", "GetBlob", "Success", 0, 2, 0),
        series("OAuth", "GetBlob", "Success", 0, 0, 0, 1),
    ]

    assert counts(several, anonymous_only=False) == RequestCounts(
        reads=3, first=OPENED + MINUTE, last=OPENED + 3 * MINUTE
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, WHOLE),
        ({"logging": None}, "not known"),
        ({"logging": replace(LOGGED, outcome=Outcome.FAIL, open=True)}, "logging was off"),
        ({"logging": replace(LOGGED, outcome=Outcome.EXCEPTED)}, "logging was off"),
        ({"logging": replace(LOGGED, outcome=Outcome.UNKNOWN)}, "not known"),
        ({"logging": replace(LOGGED, closed_at=OPENED + MINUTE)}, "in a part"),
        ({"logging": replace(LOGGED, closed_at=OPENED - HOUR)}, "in a part"),
        ({"logging": replace(LOGGED, closed_at=OPENED - 2 * HOUR)}, WHOLE),
        ({"proof": LogProof(failure="the log did not answer")}, "did not answer"),
        ({"proof": replace(PROOF, stops=1)}, "stopped"),
        ({"proof": replace(PROOF, rows=0, last=None)}, "the log of this account"),
        ({"proof": replace(PROOF, last=OPENED, newest=CLOSED)}, "arrived up to 09:12 UTC"),
        ({"proof": replace(PROOF, last=OPENED, newest=CLOSED + HOUR)}, WHOLE),
        ({"now": CLOSED + timedelta(days=31)}, "already be deleted"),
        ({"window": Window(OPENED, None, CLOSED)}, "start of the exposure"),
        ({"window": Window(OPENED, OPENED - MINUTE, None)}, "while it was open"),
    ],
)
def test_a_log_covers_a_window_only_where_nothing_speaks_against_it(
    changes: dict[str, Any], expected: str
) -> None:
    known: dict[str, Any] = {"window": WINDOW, "logging": LOGGED, "proof": PROOF, "now": LATER}
    given = {**known, **changes}

    assert expected in coverage_of(
        given["window"], given["logging"], given["proof"], now=given["now"]
    )


def test_after_a_day_rows_have_arrived_also_where_no_newer_one_shows_it() -> None:
    proof = replace(PROOF, last=OPENED, newest=OPENED)

    assert coverage_of(WINDOW, LOGGED, proof, now=CLOSED + 25 * HOUR) == WHOLE


def incident(closure: Closure | None, *, is_compared: bool = True) -> Incident:
    opening = Attribution(
        until=OPENED, after=OPENED - HOUR, paths=("properties.x",), is_compared=is_compared
    )
    return Incident(
        resource_id=ACCOUNT,
        control_id="STORAGE-PUBLIC-ACCESS",
        number=1,
        sequence=1,
        opened_at=OPENED,
        severity=Severity.CRITICAL,
        reason="open",
        evidence=(),
        attributions=(opening,),
        closure=closure,
        closed_at=CLOSED if closure else None,
    )


def test_of_a_resource_that_opens_again_and_again_the_gravest_answers_are_kept() -> None:
    quiet = [
        answer(findings(window=Window(OPENED + number * HOUR, None, None)), now=LATER)
        for number in range(100)
    ]
    found = incident(None)
    for each in (replace(quiet[0], access=Access.CONFIRMED), *quiet[1:]):
        found = found.exposed(each)

    assert len(found.exposures) == 20
    assert found.exposure is not None
    assert found.exposure.access is Access.CONFIRMED
    assert found.exposures[-1].opened_at == quiet[-1].opened_at


@pytest.mark.parametrize("closure", [None, *Closure])
def test_a_window_ends_only_where_the_resource_is_closed_or_gone(closure: Closure | None) -> None:
    is_over = closure in (Closure.FIXED, Closure.DELETED)

    assert window_of(incident(closure)) == Window(
        OPENED, OPENED - HOUR, CLOSED if is_over else None
    )


def test_a_resource_first_seen_open_has_a_window_without_a_start() -> None:
    assert window_of(incident(None, is_compared=False)).since is None


def test_it_is_asked_from_a_little_before_until_a_little_after() -> None:
    assert WINDOW.asked_since() < OPENED - MINUTE
    assert WINDOW.asked_until(LATER) > CLOSED
    assert WINDOW.asked_until(CLOSED) == CLOSED
    assert Window(OPENED, None, None).asked_since() == OPENED - timedelta(days=7)

"""Who used an account while it was open: counted, reported when it changes, and without names of objects."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from drift.notices import Access, Change
from notifiers.ocsf import finding
from notifiers.pagerduty.message import build_event
from notifiers.teams.message import build_message
from sandbox.clinic.estate import INTAKE
from tests.support.exposed_clinic import PATIENTS, STRANGERS, ExposedClinic, exposed_clinic

BY_WHEN = (
    "If it is a breach, individuals must be notified by 2027-01-19 at the latest (45 CFR 164.404(b); "
    "not legal advice)."
)


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExposedClinic]:
    with exposed_clinic() as clinic:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(clinic.azure.ca_bundle))
        clinic.rig.write(INTAKE)
        yield clinic


def told(clinic: ExposedClinic) -> list[tuple[Change, Access | None]]:
    return [(each.change, each.access) for each in clinic.notices]


def outputs(clinic: ExposedClinic) -> str:
    """Return everything that leaves the monitor, and everything that it keeps."""
    sent = [
        (
            build_message(each, opening=False).decode(),
            json.dumps(build_event(each, "key", opening=False), ensure_ascii=False),
            json.dumps(finding(each), ensure_ascii=False),
        )
        for each in clinic.notices
    ]
    return "\n".join([*(text for each in sent for text in each), clinic.stored()])


def test_strangers_who_read_are_counted_and_no_name_of_an_object_is_kept_or_sent(
    clinic: ExposedClinic, caplog: pytest.LogCaptureFixture
) -> None:
    clinic.open()
    assert told(clinic) == [(Change.OPENED, None)]
    clinic.rig.later(minutes=3)
    clinic.strangers_read()
    clinic.rig.later(minutes=8)
    assert told(clinic)[1:] == [(Change.UPDATED, Access.CONFIRMED)]
    clinic.close()
    clinic.own_read()
    clinic.rig.later(minutes=11)

    exposure = clinic.incident.exposure
    assert exposure
    assert (exposure.access, exposure.is_final) == (Access.CONFIRMED, True)
    assert (exposure.callers, exposure.objects) == (3, 3)
    assert (exposure.reads, exposure.listings) == (6, 1)
    assert {each.address for each in exposure.seen} == set(STRANGERS)
    assert exposure.summary == (
        "3 anonymous callers read 3 objects (289.3 kB), 2026-11-20 03:03 UTC; "
        f"logging covered the whole window. {BY_WHEN}"
    )
    settle = timedelta(seconds=clinic.rig.services.config.timing.settle_seconds)
    assert exposure.since == clinic.known_good_at - settle
    assert exposure.until == clinic.incident.closed_at
    assert told(clinic)[2:] == [
        (Change.RESOLVED, Access.CONFIRMED),
        (Change.UPDATED, Access.CONFIRMED),
    ]
    left = outputs(clinic) + caplog.text
    assert "anonymous callers read 3 objects" in left
    assert not [name for name in PATIENTS if name in left]
    assert not clinic.rig.store_rows("due|20261120T05")


def test_with_logging_off_the_metrics_say_how_many_and_callers_are_unknown(
    clinic: ExposedClinic,
) -> None:
    clinic.stop_logging()
    clinic.open()
    clinic.rig.later(minutes=3)
    clinic.strangers_read()
    clinic.rig.later(minutes=8)

    exposure = clinic.incident.exposure
    assert exposure
    assert (exposure.access, exposure.callers, exposure.objects) == (Access.CONFIRMED, None, None)
    assert exposure.summary == (
        "Anonymous callers made 6 reads, 2026-11-20 03:23 UTC, by the account's metrics; "
        f"callers and objects are not known: logging was off. {BY_WHEN}"
    )


def test_a_window_in_which_nobody_read_is_excluded_by_the_metrics(clinic: ExposedClinic) -> None:
    clinic.own_read()
    clinic.open()
    clinic.rig.later(minutes=1)
    clinic.close()
    clinic.rig.later(minutes=11)

    assert told(clinic) == [
        (Change.OPENED, None),
        (Change.RESOLVED, Access.POSSIBLE),
        (Change.UPDATED, Access.EXCLUDED),
    ]

"""BREAK-GLASS: each sign-in of an emergency access account is reported once, with address and time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from detectors.emergency import glass
from drift.errors import SourceUnavailable
from drift.log_feed.feeds import SIGN_INS
from drift.log_feed.sign_ins import MOST, find_sign_ins
from drift.notices import Access
from drift.ports import LoggedChange
from drift.state.incident_record import load_incident
from tests.drift.exposure.scripted_log import ScriptedLog
from tests.drift.log_feed.logs import TENANT, Log, a_change, watch
from tests.support.rig import Rig

GLASS = "6d0c2f4e-5b7a-49c1-8e3d-0f1a2b3c4d5e"
OTHER = "77aa0c11-2b3c-4d5e-8f90-a1b2c3d4e5f6"
OPENED, UPDATED, CLOSED = ("BREAK-GLASS opened", "BREAK-GLASS updated", "BREAK-GLASS closed")


@pytest.fixture
def rig() -> Rig:
    """Return a monitor of a tenant whose emergency access accounts are named."""
    made = Rig(None)
    made.only(glass)
    made.change(facts=replace(made.services.facts, tenant_id=TENANT))
    name_accounts(made, GLASS, OTHER)
    return made


@pytest.fixture
def log(rig: Rig) -> Log:
    """Return the log that the monitor reads."""
    made = Log(query=SIGN_INS.query)
    rig.change(change_log=made)
    return made


def name_accounts(rig: Rig, *accounts: str) -> None:
    baseline = replace(rig.services.config.baseline, break_glass_accounts=accounts)
    rig.change(config=replace(rig.services.config, baseline=baseline))


def sign_in(rig: Rig, name: str, **values: str) -> LoggedChange:
    texts = {
        "object_id": GLASS,
        "person": "glass@clinic.onmicrosoft.com",
        "application": "Azure Portal",
        "authentication": "0",
        "address": "203.0.113.9",
        **values,
    }
    return a_change(rig.clock.now, name, **texts)


def see(rig: Rig, log: Log, *rows: LoggedChange) -> None:
    log.rows += [(rig.clock.now, each) for each in rows]
    watch(rig)


def test_a_sign_in_pages_at_once_with_who_from_where_and_when(rig: Rig, log: Log) -> None:
    see(rig, log, sign_in(rig, "1"))

    assert rig.teams.changes == [OPENED]
    assert rig.pagerduty.changes == [OPENED]
    notice = rig.teams.told[0][0]
    assert notice.reason == (
        "Emergency access account glass@clinic.onmicrosoft.com signed in to Azure Portal from 203.0.113.9 "
        "at 2026-11-20 03:00:00 UTC."
    )
    assert notice.resource_id == f"/providers/phidrift/signins/{GLASS}"
    assert {"accounts": (GLASS, OTHER)} in log.values


def test_a_sign_in_that_failed_pages_too(rig: Rig, log: Log) -> None:
    see(rig, log, sign_in(rig, "1", authentication="50126"))

    assert rig.pagerduty.changes == [OPENED]
    assert "failed to sign in (code 50126) to Azure Portal" in rig.pagerduty.told[0][0].reason


def test_an_account_without_a_name_in_the_log_is_told_by_its_id(rig: Rig, log: Log) -> None:
    see(rig, log, sign_in(rig, "1", person=""))

    assert f"Emergency access account {GLASS} signed in" in rig.teams.told[0][0].reason


def test_a_row_that_is_read_again_is_told_once(rig: Rig, log: Log) -> None:
    see(rig, log, sign_in(rig, "1"))
    rig.clock.advance(minutes=5)
    watch(rig)
    rig.later(minutes=15)

    assert rig.teams.changes == [OPENED]


def test_another_sign_in_updates_the_incident_of_its_account_alone(rig: Rig, log: Log) -> None:
    see(rig, log, sign_in(rig, "1"))
    rig.clock.advance(minutes=5)
    see(rig, log, sign_in(rig, "2", address="198.51.100.7"), sign_in(rig, "3", object_id=OTHER))

    assert sorted(rig.teams.changes) == [OPENED, OPENED, UPDATED]
    [update] = [notice for notice, _ in rig.teams.told if notice.sequence == 2]
    assert "from 198.51.100.7" in update.reason
    assert "2 succeeded, 0 failed" in update.reason


def test_many_tries_are_one_update_and_hide_no_sign_in_that_succeeded(rig: Rig, log: Log) -> None:
    see(rig, log, sign_in(rig, "in"))
    rig.clock.advance(minutes=1)
    tries = (sign_in(rig, f"try-{each}", authentication="50126") for each in range(200))
    see(rig, log, *tries)

    assert rig.teams.changes == [OPENED, UPDATED]
    assert "signed in to Azure Portal" in rig.teams.told[-1][0].reason
    known = find_sign_ins(rig.store, GLASS)
    assert known is not None
    assert len(known.newest) == MOST + 1


def test_a_day_without_a_sign_in_closes_the_incident_and_calls_nothing_justified(
    rig: Rig, log: Log
) -> None:
    see(rig, log, sign_in(rig, "1"))
    rig.later(minutes=23 * 60)
    assert rig.teams.changes == [OPENED]

    rig.later(minutes=61)

    assert rig.teams.changes == [OPENED, CLOSED]
    assert (
        "The monitor does not know whether the earlier ones were justified"
        in rig.teams.told[-1][0].reason
    )
    assert rig.store_rows("due|") == 0


def test_a_sign_in_of_last_week_that_the_log_shows_only_now_is_told(rig: Rig, log: Log) -> None:
    watch(rig)
    at = rig.clock.now + timedelta(minutes=1)
    log.failing = SourceUnavailable("log workspace w", 403)
    rig.clock.advance(days=2)
    watch(rig)
    log.failing = None
    log.rows.append((rig.clock.now, replace(sign_in(rig, "1"), at=at)))
    watch(rig)
    watch(rig)

    assert OPENED in rig.teams.changes


def test_a_message_that_is_lost_is_made_up_for(rig: Rig, log: Log) -> None:
    log.rows.append((rig.clock.now, sign_in(rig, "1")))
    rig.monitor.watch_logs()

    rig.later(minutes=15)

    assert rig.teams.changes == [OPENED]


def test_an_account_that_monitor_toml_no_longer_names_is_no_longer_told(rig: Rig, log: Log) -> None:
    rig.run(rig.monitor.tick())
    see(rig, log, sign_in(rig, "1"))

    name_accounts(rig, OTHER)
    rig.change(facts=replace(rig.services.facts, config_hash="another"))
    rig.run(rig.monitor.tick())
    rig.later(minutes=1)

    assert rig.teams.changes == [OPENED, CLOSED]
    assert "no longer an emergency access account" in rig.teams.told[-1][0].reason


def test_without_accounts_no_sign_ins_are_read(rig: Rig, log: Log) -> None:
    name_accounts(rig)
    watch(rig)

    assert {"accounts": ()} not in log.values


def test_the_use_of_the_account_is_counted_and_told_in_the_words_of_a_sign_in(
    rig: Rig, log: Log
) -> None:
    at = {"First": rig.clock.now, "Last": rig.clock.now}
    tries = {"Address": "203.0.113.9", "SignIns": 1, "Failures": 0, **at}
    did = {"Address": "203.0.113.9", "Principal": GLASS, "Operations": 3, "HandedOut": 1, **at}
    rig.change(access_log=ScriptedLog(emergency_use=[tries], role_use=[did]))
    see(rig, log, sign_in(rig, "1"))
    rig.later(minutes=1)

    assert rig.teams.changes == [OPENED, UPDATED]
    opened, updated = (notice for notice, _ in rig.teams.told)
    assert updated.title == opened.title
    assert updated.access is Access.POSSIBLE
    found = load_incident(rig.store, f"/providers/phidrift/signins/{GLASS}", "BREAK-GLASS", 1)
    assert found
    assert found.exposure
    assert found.exposure.summary.startswith("1 sign-in of the account and 0 tries that failed")
    assert "3 operations in Azure, 1 of them to get keys" in found.exposure.summary

"""``phidrift incidents``, beside a monitor that uses the same state."""

import json
from typing import Any

import pytest

from drift.ports import Put
from drift.state import keys
from drift.state.incident_record import incident_key
from drift.state.keys import RowKind
from tests.support.incidents_command import Incidents
from tests.support.open_account import broken, mended, place
from tests.support.rig import ACCOUNT, Rig


@pytest.fixture
def opened(rig: Rig) -> Rig:
    """Return a monitor with one open incident."""
    broken(rig)
    rig.write(ACCOUNT)
    return rig


def listed(incidents: Incidents) -> list[dict[str, Any]]:
    _, out, err = incidents("list", "--json")
    assert err == ""
    found: list[dict[str, Any]] = json.loads(out)["incidents"]
    return found


def test_a_state_without_incidents_lists_none(rig: Rig, incidents: Incidents) -> None:
    assert incidents("list") == (0, "incidents: 0 open, 0 ended\n", "")


def test_the_list_has_an_open_incident_with_its_times_and_its_actor(
    opened: Rig, incidents: Incidents
) -> None:
    (shown,) = listed(incidents)
    code, out, err = incidents("list")

    assert (code, err) == (0, "")
    assert f"OPEN       {shown['id'][:12]}  TOY-OPEN on records, critical" in out
    assert "opened 2026-11-20 03:0" in out
    assert "Actor: " in out
    assert out.endswith("incidents: 1 open, 0 ended\n")


def test_an_ended_incident_stays_in_the_list_with_its_end(
    opened: Rig, incidents: Incidents
) -> None:
    mended(opened)
    opened.write(ACCOUNT)
    opened.later(minutes=5)
    (shown,) = listed(incidents)

    assert shown["open"] is False
    assert shown["closedAt"] is not None
    assert "ENDED" in incidents("list")[1]


def test_an_incident_is_shown_by_the_code_that_pagerduty_shows(
    opened: Rig, incidents: Incidents
) -> None:
    (shown,) = listed(incidents)
    code, out, err = incidents("show", shown["id"][:8].upper())

    assert (code, err) == (0, "")
    assert ACCOUNT in out
    assert shown["id"] in out
    assert "TOY-OPEN number" in out


def test_the_deadlines_of_a_possible_breach_begin_on_the_date_of_the_organization(
    opened: Rig, incidents: Incidents
) -> None:
    (shown,) = listed(incidents)
    rules = "[breach]\ntime_zone = 'America/New_York'\nstate_days.CA = 15\n"
    code, out, _ = incidents("show", shown["id"], rules=rules)

    assert code == 0
    assert "discovered on 2026-11-19 (America/New_York) at the latest" in " ".join(out.split())
    assert "2026-12-04  individuals of CA (State law), depending on who is affected" in out
    assert "2027-01-18  individuals (45 CFR 164.404(b))\n" in out
    assert "2027-01-18  HHS (45 CFR 164.408(b)), depending on who is affected" in out
    assert "2027-03-01  HHS (45 CFR 164.408(c)), depending on who is affected" in out
    assert "This is not legal advice" in out


def test_a_business_associate_sees_the_day_of_its_contract(
    opened: Rig, incidents: Incidents
) -> None:
    (shown,) = listed(incidents)
    rules = "[breach]\nrole = 'business_associate'\ncontract_days = 10\n"
    _, out, _ = incidents("show", shown["id"], "--json", rules=rules)
    breach = json.loads(out)["ifBreach"]

    assert breach["discovered"] == "2026-11-20"
    assert breach["deadlines"] == [
        {
            "recipient": "covered_entity",
            "state": None,
            "day": "2026-11-30",
            "citation": "45 CFR 164.410(b)",
            "certain": True,
        }
    ]


def test_an_incident_without_phi_has_no_deadlines(rig: Rig, incidents: Incidents) -> None:
    other = f"{ACCOUNT}2"
    place(rig, phi=False, account=other)
    rig.arm.set(other, open=True)
    rig.write(other)
    (shown,) = listed(incidents)
    _, out, _ = incidents("show", shown["id"], "--json")

    assert json.loads(out)["ifBreach"] is None


def test_an_incident_of_another_version_is_counted_and_the_others_are_listed(
    opened: Rig, incidents: Incidents
) -> None:
    key = incident_key(ACCOUNT, "TOY-NEW", 1)
    opened.store.commit(keys.partition(ACCOUNT), [Put(key, {"schema": 99})])
    code, out, err = incidents("list")
    _, rows, _ = incidents("list", "--json")

    assert code == 1
    assert "incidents: 1 open, 0 ended" in out
    assert "1 record that another version of the monitor wrote is not shown" in err
    assert key not in err
    assert json.loads(rows)["notUnderstood"] == [key]


def test_a_change_whose_channels_cannot_be_read_is_shown_as_such(
    opened: Rig, incidents: Incidents
) -> None:
    shard = keys.partition(ACCOUNT)
    [row] = opened.store.range(shard, *keys.below(RowKind.OUTBOX))
    opened.store.commit(shard, [Put(row.key, {**row.data, "channels": 7})])
    (shown,) = listed(incidents)
    code, out, _ = incidents("show", shown["id"])

    assert code == 0
    assert "(channels not readable)" in out


def test_an_id_that_no_incident_has_is_refused(opened: Rig, incidents: Incidents) -> None:
    code, out, err = incidents("show", "0" * 64)

    assert (code, out) == (1, "")
    assert "no incident begins with 0000" in err


@pytest.mark.parametrize("given", ["", "abc", "records", "g" * 64, "0" * 65])
def test_what_is_no_id_is_refused(given: str, incidents: Incidents) -> None:
    code, out, err = incidents("show", given)

    assert (code, out) == (2, "")
    assert "is not the id of an incident" in err


def test_a_list_takes_no_id(incidents: Incidents) -> None:
    code, out, err = incidents("list", "0" * 64)

    assert (code, out) == (2, "")
    assert "0000 is one argument too many" in err


def test_a_state_that_is_not_there_is_named(incidents: Incidents) -> None:
    code, out, err = incidents("list")

    assert (code, out) == (1, "")
    assert "there is no state in" in err

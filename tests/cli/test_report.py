"""``phidrift report`` beside a monitor that uses the same state."""

import json
from pathlib import Path
from typing import Any

import pytest

from drift.ports import Put
from drift.state import keys, packing
from drift.state.incident_record import incident_key, incident_put, load_incident
from drift.state.keys import RowKind
from tests.cli.report_reader import Page, Report, data_of, report_in
from tests.support.full_disk import full_disk
from tests.support.open_account import broken, place
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

NOVEMBER = ("--from", "2026-11-01", "--to", "2026-12-01")
OTHER = f"{ACCOUNT}2"


@pytest.fixture
def report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Report:
    return report_in(tmp_path, monkeypatch, capsys)


@pytest.fixture
def opened(rig: Rig) -> Rig:
    """Return a monitor with one incident that was opened on 2026-11-20 after three."""
    broken(rig)
    rig.write(ACCOUNT)
    return rig


def closed(rig: Rig, account: str = ACCOUNT) -> None:
    rig.arm.set(account, open=False)
    rig.write(account)
    rig.later(minutes=3)


def at(rig: Rig) -> str:
    return rig.clock.now.isoformat()


def incident_of(report: Report, *more: str) -> dict[str, Any]:
    (found,) = data_of(report, *(more or NOVEMBER))["incidents"]
    return dict(found)


def test_an_incident_that_is_open_is_reported_as_open_with_what_is_not_known(
    opened: Rig, report: Report
) -> None:
    listed = incident_of(report)
    data = data_of(report, "--incident", listed["id"][:8].upper())
    page = Page(report("--incident", listed["id"])[1])

    assert data["incident"]["open"] is True
    assert data["times"]["closedAt"] is None
    assert data["times"]["secondsToClose"] is None
    assert "still open" in page.text
    assert any("Whether anybody used the resource" in each for each in data["notKnown"])
    assert "This does not mean that nobody did" in page.text


def test_a_period_has_what_was_opened_in_it_and_is_still_open(opened: Rig, report: Report) -> None:
    data = data_of(report, *NOVEMBER)

    assert (data["counts"]["opened"], data["counts"]["ended"]) == (1, 0)
    assert data["counts"]["openAtEnd"] == 1
    assert data["times"]["toDecide"]["count"] == 1
    assert data["times"]["toClose"]["count"] == 0
    assert data["times"]["toClose"]["median"] is None
    assert data["times"]["openAtEndSince"] == data["incidents"][0]["openedAt"]


def test_an_incident_opened_before_and_closed_within_counts_as_ended_alone(
    opened: Rig, report: Report
) -> None:
    opened.later(minutes=10)
    begin = at(opened)
    opened.later(minutes=20)
    closed(opened)
    found = data_of(report, "--from", begin, "--to", "2026-12-01")

    assert (found["counts"]["opened"], found["counts"]["ended"]) == (0, 1)
    assert (found["counts"]["openAtStart"], found["counts"]["openAtEnd"]) == (1, 0)
    assert found["times"]["toDecide"]["count"] == 0
    assert found["times"]["toClose"]["max"] >= 1800
    assert found["counts"]["endedAs"] == {"fixed": 1}


def test_the_moment_of_an_end_belongs_to_the_period_that_begins_with_it(
    opened: Rig, report: Report
) -> None:
    opened.later(minutes=30)
    closed(opened)
    end = incident_of(report)["closedAt"]
    before = data_of(report, "--from", "2026-11-01", "--to", end)
    after = data_of(report, "--from", end, "--to", "2026-12-01")

    assert (before["counts"]["ended"], before["counts"]["openAtEnd"]) == (0, 1)
    assert (after["counts"]["ended"], after["counts"]["openAtStart"]) == (1, 1)
    assert "after the period" in Page(report("--from", "2026-11-01", "--to", end)[1]).text


def test_the_moment_of_an_opening_belongs_to_the_period_that_begins_with_it(
    opened: Rig, report: Report
) -> None:
    begin = incident_of(report)["openedAt"]

    assert data_of(report, "--from", "2026-11-01", "--to", begin)["incidents"] == []
    after = data_of(report, "--from", begin, "--to", "2026-12-01")["counts"]
    assert (after["opened"], after["openAtStart"]) == (1, 0)


def test_days_are_those_of_the_organization(opened: Rig, report: Report) -> None:
    rules = "[breach]\ntime_zone = 'America/New_York'\n"
    days = ("--from", "2026-11-19", "--to", "2026-11-20")

    assert data_of(report, *days)["counts"]["opened"] == 0
    found = data_of(report, *days, rules=rules)
    assert found["counts"]["opened"] == 1
    assert found["period"]["from"] == "2026-11-19T05:00:00.000Z"
    assert found["period"]["fromLocal"] == "2026-11-19T00:00:00-05:00"


def test_an_incident_that_opened_again_soon_is_one_and_its_whole_time_counts(
    opened: Rig, report: Report
) -> None:
    opened.later(minutes=30)
    closed(opened)
    opened.arm.set(ACCOUNT, open=True)
    opened.write(ACCOUNT)
    again = incident_of(report)
    opened.later(minutes=30)
    closed(opened)
    data = data_of(report, *NOVEMBER)
    (found,) = data["incidents"]
    page = Page(report("--incident", found["id"])[1])

    assert (again["reopened"], again["closedAt"], again["openAtEnd"]) == (True, None, True)
    assert (data["counts"]["opened"], data["counts"]["reopened"], data["counts"]["ended"]) == (
        1,
        1,
        1,
    )
    assert found["secondsToClose"] >= 3600
    assert found["firstToldAt"] is None
    assert data["times"]["toTell"] == {
        "count": 0,
        "median": None,
        "p90": None,
        "max": None,
        "notKnown": 1,
    }
    assert "Opened again" in page.text
    assert "opened again under one number" in page.text


def test_the_time_to_tell_is_that_of_the_first_channel(opened: Rig, report: Report) -> None:
    found = incident_of(report)
    data = data_of(report, "--incident", found["id"])

    assert found["firstToldAt"] == min(data["changes"][0]["delivered"].values())
    assert found["secondsToTell"] >= found["secondsToDecide"]


def test_a_failure_that_was_there_before_the_first_look_has_no_time_to_detect(
    rig: Rig, report: Report
) -> None:
    place(rig, account=OTHER)
    rig.arm.set(OTHER, open=True)
    rig.write(OTHER)
    data = data_of(report, *NOVEMBER)
    (found,) = data["incidents"]

    assert found["secondsToDecide"] is None
    assert found["changeNotKnownWhy"]
    assert data["times"]["toDecide"]["notKnown"] == 1
    assert data["times"]["changeNotKnownWhy"] == {found["changeNotKnownWhy"]: 1}


def test_the_posture_counts_what_is_open_passed_and_unknown_as_of_now(
    opened: Rig, report: Report
) -> None:
    place(opened, account=OTHER)
    opened.write(OTHER)
    data = data_of(report, *NOVEMBER)["posture"]
    toy = next(
        one for each in data["sections"] for one in each["controls"] if one["control"] == "TOY-OPEN"
    )

    assert (toy["judged"], toy["open"], toy["passed"], toy["unknown"]) == (2, 1, 1, 0)
    assert data["resources"] == 2
    assert any("The posture at any earlier time" in each for each in _not_known(report))


def test_a_resource_that_cannot_be_read_is_unknown_and_never_passed(
    opened: Rig, report: Report
) -> None:
    opened.arm.documents[ACCOUNT.lower()] = 403
    opened.write(ACCOUNT)
    data = data_of(report, *NOVEMBER)
    toy = next(
        one
        for each in data["posture"]["sections"]
        for one in each["controls"]
        if one["control"] == "TOY-OPEN"
    )

    assert (toy["open"], toy["unknown"], toy["passed"]) == (1, 1, 0)
    assert [(each["control"], each["count"]) for each in data["unknown"]["verdicts"]] == [
        ("TOY-OPEN", 1)
    ]
    assert any(each.startswith("1 verdict without a result now") for each in data["notKnown"])


def test_each_control_that_judged_nothing_says_so(opened: Rig, report: Report) -> None:
    rules = "[controls]\ndisabled = ['SQL-TLS']\n"
    sections = data_of(report, *NOVEMBER, rules=rules)["posture"]["sections"]
    states = {one["control"]: one["state"] for each in sections for one in each["controls"]}

    assert states["STORAGE-TLS"] == "no resource judged"
    assert states["SQL-TLS"] == "switched off in monitor.toml"
    assert states["TOY-OPEN"] == "judged"


def test_a_subscription_that_was_not_swept_in_the_period_is_named(
    opened: Rig, report: Report
) -> None:
    data = data_of(report, *NOVEMBER)

    assert [each["answer"] for each in data["sweeps"]] == ["no whole sweep is noted"]
    assert f"Subscription {SUBSCRIPTION}: no whole sweep is noted." in data["notKnown"]


def test_incidents_that_retention_may_have_deleted_are_said_to_be_missing(
    opened: Rig, report: Report
) -> None:
    rules = "[retention]\nstate_days = 1\n"
    told = [each for each in _not_known(report, rules=rules) if "deleted 1 day after" in each]

    assert len(told) == 1
    assert "How many there were is not known" in told[0]


def test_a_period_that_is_not_over_says_so(opened: Rig, report: Report) -> None:
    arguments = ("--from", "2026-11-01", "--to", "2999-01-01")

    assert data_of(report, *arguments)["period"]["isOver"] is False
    assert "it is not over" in Page(report(*arguments)[1]).text


def test_there_are_no_targets_for_the_time_to_fix_and_the_report_says_so(
    opened: Rig, report: Report
) -> None:
    data = data_of(report, *NOVEMBER)

    assert data["overdue"]["targets"] is None
    assert "has no targets for the time to fix" in Page(report(*NOVEMBER)[1]).text


def test_an_incident_of_another_version_makes_the_report_incomplete_and_is_named(
    opened: Rig, report: Report
) -> None:
    key = incident_key(ACCOUNT, "TOY-NEW", 1)
    opened.store.commit(keys.partition(ACCOUNT), [Put(key, {"schema": 99})])
    code, out, _ = report(*NOVEMBER, "--format", "json")
    data = json.loads(out)

    assert code == 1
    assert data["notUnderstood"] == [key]
    assert data["counts"]["opened"] == 1
    assert any(key in each for each in data["notKnown"])


def test_a_clock_of_another_version_is_not_reported_as_no_clock(
    opened: Rig, report: Report
) -> None:
    found = incident_of(report)
    names = keys.digest(ACCOUNT), "TOY-OPEN", keys.numbered(1)
    key = keys.row_key(RowKind.CLOCK, *names)
    opened.store.commit(keys.partition(ACCOUNT), [Put(key, {"schema": 99})])
    code, out, _ = report("--incident", found["id"])
    page = Page(out)

    assert code == 1
    assert "Nobody has taken a step" not in page.text
    assert "There is a breach clock, and another version of the monitor wrote it" in page.text


def test_changes_that_are_no_longer_kept_are_named(opened: Rig, report: Report) -> None:
    found = load_incident(opened.store, ACCOUNT, "TOY-OPEN", 1)
    assert found
    later = found.numbered(found.sequence + 2)
    row = opened.store.get(keys.partition(ACCOUNT), incident_key(ACCOUNT, "TOY-OPEN", 1))
    assert row
    put = incident_put(later)
    opened.store.commit(keys.partition(ACCOUNT), [Put(put.key, put.data, row.etag)])
    data = data_of(report, "--incident", incident_of(report)["id"])

    assert "Changes that are no longer kept: 2, 3." in data["notKnown"]


def test_names_and_texts_that_others_chose_are_shown_and_never_run(
    opened: Rig, report: Report
) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    key = incident_key(ACCOUNT, "TOY-OPEN", 1)
    row = opened.store.get(keys.partition(ACCOUNT), key)
    assert row
    stored = packing.unpack(row.data, "incident")
    stored |= {"reason": hostile, "phi_reason": hostile}
    stored["opened_by"] = stored["changed_by"] = {"name": hostile, "ip": hostile}
    stored["attributions"][0]["causes"][0]["actor"] = {"name": hostile, "ip": hostile}
    named = {name: value for name, value in row.data.items() if not name.startswith("incident")}
    data = {**named, **packing.pack(stored, "incident")}
    opened.store.commit(keys.partition(ACCOUNT), [Put(key, data, row.etag)])
    listed = incident_of(report)
    pages = [Page(report("--incident", listed["id"])[1]), Page(report(*NOVEMBER)[1])]

    assert hostile in pages[0].text
    assert all(each.loaded == [] for each in pages)
    assert not any(each.tags & {"script", "img"} for each in pages)


def test_a_report_is_written_to_a_new_file_and_never_over_another(
    opened: Rig, report: Report, tmp_path: Path
) -> None:
    first = report(*NOVEMBER, "--out", "november.html")
    again = report(*NOVEMBER, "--out", "november.html")

    assert first == (0, "november.html: written\n", "")
    assert (tmp_path / "november.html").read_text().startswith("<!DOCTYPE html>")
    assert again[:2] == (1, "")
    assert "november.html: File exists" in again[2]


def test_a_report_that_found_no_room_leaves_no_file(
    opened: Rig, report: Report, tmp_path: Path
) -> None:
    with full_disk():
        code, _, why = report(*NOVEMBER, "--out", "november.html")

    assert code == 1
    assert "november.html: File too large" in why
    assert not (tmp_path / "november.html").exists()
    assert report(*NOVEMBER, "--out", "november.html")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ((), 2, "needs --incident ID, or --from DATE and --to DATE"),
        (("--incident", "0123abcd", *NOVEMBER), 2, "needs --incident ID, or --from DATE"),
        (("--incident", "xyz"), 2, "needs 8 to 64 hexadecimal digits"),
        (("--from", "2026-11-01"), 2, "--to needs a date or a time"),
        (("--incident", "0123abcd"), 1, "no incident begins with 0123abcd"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    opened: Rig, report: Report, arguments: tuple[str, ...], code: int, why: str
) -> None:
    found, out, err = report(*arguments)

    assert (found, out) == (code, "")
    assert why in err


def test_a_state_that_is_not_there_is_named(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, out, err = report(*NOVEMBER)

    assert (code, out) == (1, "")
    assert "there is no state in" in err


def test_a_report_changes_nothing_in_the_state(opened: Rig, report: Report) -> None:
    def stored() -> list[tuple[str, Any]]:
        return [
            (row.key, row.etag)
            for shard in keys.PARTITIONS
            for row in opened.store.range(shard, "", "~", 10_000)
        ]

    before = stored()
    report(*NOVEMBER)
    report("--incident", incident_of(report)["id"])

    assert stored() == before


def _not_known(report: Report, *, rules: str = "") -> list[str]:
    return list(data_of(report, *NOVEMBER, rules=rules)["notKnown"])

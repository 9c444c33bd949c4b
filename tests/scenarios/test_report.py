"""The report of an incident from a running monitor and sandbox: opened, used, sent, closed, assessed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.__main__ import main
from sandbox.clinic.estate import INTAKE
from tests.cli.report_reader import Page, Report, data_of, report_in
from tests.support.evidence import evidence_in, keep_evidence
from tests.support.exposed_clinic import PATIENTS, STRANGERS, ExposedClinic, exposed_clinic

FACTORS = ("nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigation")
NAMED = ("--by", "R. Ortiz", "--reason", "see the assessment")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reported")


@pytest.fixture
def report(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Report:
    return report_in(folder, monkeypatch, capsys)


@pytest.fixture(scope="module")
def clinic(folder: Path) -> Iterator[ExposedClinic]:
    """Return the clinic after a container was open, read by strangers, and closed."""
    with exposed_clinic(folder=folder) as clinic, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(clinic.azure.ca_bundle))
        keep_evidence(clinic.rig, evidence_in(folder))
        clinic.rig.write(INTAKE)
        clinic.open()
        clinic.rig.later(minutes=3)
        clinic.strangers_read()
        clinic.rig.later(minutes=8)
        clinic.close()
        clinic.rig.later(minutes=11)
        yield clinic


def stepped(report: Report, incident: str, *words: str) -> None:
    assert main(["incidents", words[0], incident, *NAMED, *words[1:]]) == 0


def test_an_incident_that_ended_is_reported_whole_in_both_forms(
    clinic: ExposedClinic, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = clinic.notices[0].incident_id
    data = data_of(report, "--incident", incident[:12])
    code, out, err = report("--incident", incident)
    page = Page(out)

    assert (code, err) == (0, "")
    assert data["format"] == "phidrift.report-incident/1"
    assert (data["incident"]["id"], data["incident"]["open"]) == (incident, False)
    assert data["incident"]["closure"] == "fixed"
    assert [each["change"] for each in data["changes"]] == [
        "opened",
        "updated",
        "resolved",
    ]
    assert {
        "path": "properties.allowBlobPublicAccess",
        "before": False,
        "after": True,
    } in data["changes"][0]["differences"]
    assert data["times"]["secondsToClose"] > 0
    assert data["times"]["firstToldAt"] is not None
    assert [each["access"] for each in data["exposures"]] == ["confirmed"]
    assert "3 anonymous callers read 3 objects" in page.text
    assert all(each in page.text for each in STRANGERS)
    assert data["timeline"][0]["text"].startswith("The last answer of Azure")
    assert [each["at"] for each in data["timeline"]] == sorted(
        each["at"] for each in data["timeline"]
    )


def test_the_report_names_each_record_of_the_evidence_log_and_its_signed_checkpoint(
    clinic: ExposedClinic, report: Report
) -> None:
    incident = clinic.notices[0].incident_id
    records = data_of(report, "--incident", incident)["evidence"]["records"]
    lines = (evidence_in(Path.cwd()).read(records[0]["file"])).splitlines()

    assert {each["kind"] for each in records} == {"answer", "change", "delivery", "step"}
    signed = [each for each in records if each["checkpoint"]]
    assert all(each["checkpoint"] > each["index"] for each in signed)
    assert "change" in {each["kind"] for each in signed}
    assert records[: len(signed)] == signed
    assert json.loads(lines[records[0]["index"]])["incident"] == incident


def test_the_clock_the_four_factors_and_the_steps_are_in_the_report(
    clinic: ExposedClinic, report: Report
) -> None:
    incident = clinic.notices[0].incident_id
    before = data_of(report, "--incident", incident)
    for each in FACTORS:
        stepped(report, incident, "assess", "--factor", each, "--evidence", "record 17")
    report("--incident", incident)  # what the steps printed is read away
    after = data_of(report, "--incident", incident)
    page = Page(report("--incident", incident)[1])

    assert before["breachClock"]["stage"] == "discovered"
    assert before["breachClock"]["basis"] == "confirmed"
    assert before["breachClock"]["discovered"] == "2026-11-20"
    assert after["ifBreach"] is None
    assert after["breachClock"]["stage"] == "assessing"
    assert [each["evidence"] for each in after["breachClock"]["factors"]] == [["record 17"]] * 4
    assert len([each for each in after["timeline"] if each["source"] == "breach clock"]) == 5
    assert "breach (2)(iii)" in page.text
    assert "R. Ortiz" in page.text
    assert "This is not legal advice" in page.text


def test_no_name_of_a_patient_stands_in_a_report(clinic: ExposedClinic, report: Report) -> None:
    incident = clinic.notices[0].incident_id
    written = report("--incident", incident)[1] + json.dumps(
        data_of(report, "--incident", incident)
    )

    assert "intake-forms" in written
    assert not [name for name in PATIENTS if name in written]


def test_a_report_is_one_file_without_script_or_reference(
    clinic: ExposedClinic, report: Report
) -> None:
    page = Page(report("--incident", clinic.notices[0].incident_id)[1])

    assert page.loaded == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert page.headings[:2] == [
        f"STORAGE-PUBLIC-ACCESS on {INTAKE.rpartition('/')[2]}",
        "What this report does not know",
    ]
    assert page.headings[-1] == "Sources of this report"


def test_the_period_of_the_incident_is_reported_in_both_forms_without_a_patients_name(
    clinic: ExposedClinic, report: Report
) -> None:
    days = ("--from", "2026-11-20", "--to", "2026-11-21")
    data = data_of(report, *days)
    written = report(*days)[1]
    page = Page(written)
    (line,) = data["incidents"]

    assert (line["control"], line["access"], line["closure"]) == (
        "STORAGE-PUBLIC-ACCESS",
        "confirmed",
        "fixed",
    )
    assert (data["counts"]["opened"], data["counts"]["ended"]) == (1, 1)
    assert line["secondsToTell"] is not None
    assert page.loaded == []
    assert "HIPAA Security Rule 164.312(a)(1)" in page.text
    assert "no resource judged" in page.text
    assert not [name for name in PATIENTS if name in written + json.dumps(data)]


def test_confirmed_access_without_a_step_of_a_clock_is_listed(
    clinic: ExposedClinic, report: Report
) -> None:
    data = data_of(report, "--from", "2026-11-20", "--to", "2026-11-21")
    clocks = [each["id"] for each in data["breachClocks"]]

    assert sorted([*clocks, *data["withoutBreachClock"]]) == [clinic.notices[0].incident_id]

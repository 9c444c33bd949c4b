"""Each answer about who used an account is recorded as evidence: the query, its source and its result."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.clinic.estate import INTAKE
from tests.support.evidence import MemoryEvidence, keep_evidence, records_of
from tests.support.exposed_clinic import PATIENTS, STRANGERS, ExposedClinic, exposed_clinic


@pytest.fixture
def evidence() -> MemoryEvidence:
    return MemoryEvidence()


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch, evidence: MemoryEvidence) -> Iterator[ExposedClinic]:
    with exposed_clinic() as clinic:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(clinic.azure.ca_bundle))
        keep_evidence(clinic.rig, evidence)
        clinic.rig.write(INTAKE)
        clinic.open()
        clinic.strangers_read()
        yield clinic


def answers(evidence: MemoryEvidence) -> list[dict[str, Any]]:
    return [each for each in records_of(evidence) if each["kind"] == "answer"]


def test_an_answer_names_its_queries_their_ranges_rows_cut_off_and_witness(
    clinic: ExposedClinic, evidence: MemoryEvidence
) -> None:
    clinic.rig.later(minutes=12)

    first, second = answers(evidence)
    assert (first["access"], second["access"]) == ("confirmed", "confirmed")
    assert second["counts"]["objects"] == 3
    assert {each["address"] for each in second["seen"]} == set(STRANGERS)
    asked = {each["name"]: each for each in second["queries"]}
    assert asked["storage_use"]["witness"] == "log"
    assert asked["storage_use"]["rows"] == 3
    assert asked["storage_coverage"]["arrivedUntil"]
    assert asked["Transactions"]["witness"] == "metrics"
    assert asked["Transactions"]["rows"] > 0
    assert all(each["from"] < each["to"] and not each["failure"] for each in asked.values())


def test_what_did_not_answer_is_recorded_as_such(
    clinic: ExposedClinic, evidence: MemoryEvidence
) -> None:
    clinic.azure.logs.refuse(status=504)
    clinic.rig.later(minutes=1)

    (answer,) = answers(evidence)
    failures = {each["name"]: each["failure"] for each in answer["queries"]}
    assert "504" in failures["storage_use"]
    assert failures["Transactions"] == ""
    assert answer["final"] is False


def test_no_record_names_an_object_of_a_patient(
    clinic: ExposedClinic, evidence: MemoryEvidence
) -> None:
    clinic.rig.later(minutes=12)
    clinic.close()
    clinic.rig.later(minutes=30)

    written = json.dumps(records_of(evidence), ensure_ascii=False)
    assert "anonymous callers read 3 objects" in written
    assert not [name for name in PATIENTS if name in written]

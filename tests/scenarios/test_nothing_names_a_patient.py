"""No output contains the name of a patient, wherever it is in Azure; the test finds a name that leaks.

Alerts show configuration by design: ids of resources, names of containers, and who made a
change. Everything else that can hold a name is planted here: objects, callers, addresses, headers, tags.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clinic.ids import DATA, INTAKE
from sandbox.core.people import TENANT
from sandbox.logs.tables import blob_row
from tests.support.exposed_clinic import CONTAINER, STRANGERS, ExposedClinic
from tests.support.outputs import Outputs, found, watched_outputs

OBJECTS = ("doe-jane", "roe-richard", "poe-anna", "boe-berta")
REQUESTS = ("moe-maria", "noe-nora", "hoe-henry", "koe-karla")
TAGS = ("toe-theodora", "voe-victor", "zoe-zacharias")
ACTOR = "loe-linda"
"""The actor who opens the account: her name is in the outputs, which shows that the test can find a name."""

WITHIN = ("state", "queues")
"""What stays in the tenant: there a tag may stand, as Azure shows it, and nothing else of these."""

NUMBERS = {"verify", "health"}
"""Outputs of numbers alone, which name no resource."""

_PERIOD = ("report of a period", "report of a period as JSON")
NO_ACTOR = {*NUMBERS, "log", "log as JSON", "scan", "scan as JSON", *_PERIOD}
"""Outputs that name no actor."""

ACCOUNT = INTAKE.rpartition("/")[2]
_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"


@pytest.fixture
def watched(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[tuple[ExposedClinic, Outputs]]:
    with watched_outputs(tmp_path, monkeypatch, caplog, capsys) as both:
        yield both


def tagged(clinic: ExposedClinic) -> None:
    """Tag the account and its group with names, beside the tags that say PHI."""
    for each in (INTAKE, DATA):
        tags = dict(clinic.azure.read(each).get("tags") or {})
        tags |= {"patient": TAGS[0], TAGS[1]: "yes"}
        clinic.azure.patch(each, {"tags": tags})
        clinic.rig.write(each)


def without_phi_tag(clinic: ExposedClinic) -> None:
    """Replace the tags of account and group by one with a name."""
    for each in (INTAKE, DATA):
        body = clinic.azure.read(each)
        clinic.azure.place({**body, "tags": {"patient": TAGS[2]}})
        clinic.rig.write(each)


def requested(clinic: ExposedClinic) -> None:
    """Have requests logged whose caller, address and headers name patients."""
    user, agent, referrer, number = REQUESTS
    for proof in ("Anonymous", "OAuth"):
        is_named = proof == "OAuth"
        row = {
            "TimeGenerated": clinic.rig.clock.now,
            "OperationName": "GetBlob",
            "AuthenticationType": proof,
            "CallerIpAddress": f"{STRANGERS[0]}:443",
            "CorrelationId": f"named {proof}",
            "ResponseBodySize": 1,
            "RequesterUpn": f"{user}@patients.example" if is_named else "",
            "RequesterObjectId": "0c4e6f1a" if is_named else "",
            "RequesterTenantId": TENANT if is_named else "",
            "UserAgentHeader": f"app of {agent}",
            "ReferrerHeader": f"https://portal.example/?patient={referrer}",
            "ClientRequestId": number,
            "Uri": f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}/x?patient={referrer}",
        }
        clinic.azure.logs.add(
            "StorageBlobLogs", blob_row(INTAKE, CONTAINER, "x", row), delayed=True
        )
    of_files = {
        "OperationName": "GetFile",
        "AuthenticationType": "AccountKey",
        "_ResourceId": f"{INTAKE.lower()}/fileservices/default",
    }
    file = blob_row(INTAKE, "scans", f"{OBJECTS[3]}.pdf", {**row, **of_files})
    clinic.azure.logs.add("StorageFileLogs", file, delayed=True)


def lived(clinic: ExposedClinic) -> None:
    """Have account and container opened, read by strangers, and closed; every name is planted."""
    tagged(clinic)
    clinic.rig.write(INTAKE)
    network = {"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Allow"}}
    clinic.azure.patch(INTAKE, {"properties": network})
    clinic.open(claims={_CLAIM: f"{ACTOR}@clinic.example", "ipaddr": "203.0.113.9"})
    clinic.rig.later(minutes=3)
    clinic.strangers_read()
    requested(clinic)
    without_phi_tag(clinic)
    clinic.rig.later(minutes=8)
    clinic.close()
    clinic.rig.later(minutes=11)


def test_no_output_names_a_patient_and_a_name_that_is_let_through_is_found_in_each(
    watched: tuple[ExposedClinic, Outputs],
) -> None:
    clinic, outputs = watched
    lived(clinic)
    written = outputs.collect()

    assert set(written) - set(found(written, [ACCOUNT])) == NUMBERS
    assert set(written) - set(found(written, [ACTOR])) == NO_ACTOR
    assert "PHI-TAG" in written["channel splunk"]
    assert "callers read 4 objects" in written["report"]
    assert "storage_files_use" in written["evidence log"]
    assert found(written, (*OBJECTS, *REQUESTS)) == {}
    out = {name: text for name, text in written.items() if name not in WITHIN}
    assert found(out, TAGS) == {}
    assert set(found(written, TAGS)) == {"state"}

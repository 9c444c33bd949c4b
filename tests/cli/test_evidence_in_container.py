"""``phidrift evidence`` on a log in a container."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.azure_http.credential import azure_credential
from adapters.evidence.blobs import EvidenceBlobs
from adapters.evidence.vault_key import VaultKey
from cli.__main__ import main
from tests.support.blob_container import BlobService, calls_to
from tests.support.evidence import keep_evidence, key_in
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig


def vault_key(service: BlobService) -> VaultKey:
    identity = azure_credential("", os.environ)
    scope = "https://vault.azure.net/.default"
    return VaultKey(service.azure.vault.key_id, "phidrift", identity, scope)


@pytest.fixture(params=["a file", "a vault"])
def container(
    request: pytest.FixtureRequest,
    rig: Rig,
    service: BlobService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Return the container of a monitor, in which an incident is written and signed by either key."""
    address = service.new_container()
    of_file = key_in(tmp_path)
    key = of_file if request.param == "a file" else lambda: vault_key(service)
    with closing(EvidenceBlobs(calls_to(address), key)) as log:
        keep_evidence(rig, log)
        broken(rig)
        rig.write(ACCOUNT)
        rig.later(minutes=3)
        mended(rig)
        rig.write(ACCOUNT)
        rig.later(minutes=65)
    monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION)
    monkeypatch.setenv("EVIDENCE_STORE", address)
    monkeypatch.chdir(tmp_path)
    return address


def test_the_log_of_a_container_is_verified(
    container: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["evidence", "verify"])

    assert (code, capsys.readouterr().out.splitlines()[-1]) == (
        0,
        "OK: 8 records are as they were signed",
    )


def test_an_incident_of_a_container_is_exported_and_verified_by_its_archive_alone(
    container: str, rig: Rig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = rig.splunk.told[-1][0].incident_id
    code = main(["evidence", "export", "--incident", incident, "--out", "one.zip"])
    alone = subprocess.run(
        [sys.executable, "-I", "one.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={},
        check=False,
    )

    assert (code, alone.returncode) == (0, 0)
    assert alone.stdout.endswith("OK: 8 records are as they were signed\n")


def test_a_container_that_cannot_be_read_is_no_success(
    container: str, service: BlobService, capsys: pytest.CaptureFixture[str]
) -> None:
    service.refuse(method="GET", status=403, code="AuthorizationFailure")

    assert main(["evidence", "verify"]) == 1
    assert "the account's network rules block this machine" in capsys.readouterr().err


def test_a_container_without_a_log_is_no_success(
    service: BlobService,
    container: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EVIDENCE_STORE", service.new_container())

    assert main(["evidence", "verify"]) == 1
    assert "there is no evidence log in EVIDENCE_STORE" in capsys.readouterr().err

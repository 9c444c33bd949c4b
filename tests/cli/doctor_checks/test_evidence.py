"""Whether the evidence log can be written and its key signs, with the remedy where not."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.azure_http.refusals import Refusal
from adapters.evidence import vault_key
from adapters.evidence.blob_calls import REMEDIES
from adapters.evidence.file_key import FileKey, make
from adapters.evidence.files import EvidenceFiles
from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.evidence import key_check, log_check
from drift.errors import EvidenceUnavailable
from drift.evidence.kept_logs import kept_logs
from tests.support.evidence import MemoryEvidence, evidence_in

NOW = datetime(2026, 12, 2, 9, 4, tzinfo=UTC)


def looked_at(log: EvidenceFiles | MemoryEvidence, container: str = "") -> Check:
    return log_check(log, folder="LOG", container=container, now=NOW)


def test_a_log_is_written_read_and_signed_and_holds_no_record_more(tmp_path: Path) -> None:
    log = evidence_in(tmp_path)

    assert (looked_at(log).level, key_check(log).level) == (Level.OK, Level.OK)
    assert log.public_key.text in key_check(log).finding
    assert log.names() == ["doctor/20261202T090400.000000Z.txt"]
    assert list(kept_logs(log)) == []


def test_a_folder_that_refuses_is_named_with_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("in the way")
    check = looked_at(evidence_in(tmp_path))

    assert check.level is Level.FAIL
    assert check.finding.startswith("LOG cannot be used (doctor/")
    assert check.step.startswith("let the setting name another file")


def test_a_container_that_refuses_is_named_with_its_role() -> None:
    log = MemoryEvidence()
    refusal = Refusal(403, "AuthorizationPermissionMismatch")
    log.refusal = EvidenceUnavailable(refusal.told({}), refusal.remedy(REMEDIES))
    check = looked_at(log, container="https://records.blob.core.windows.net/evidence")

    assert check.level is Level.FAIL
    assert "AuthorizationPermissionMismatch" in check.finding
    assert "'Storage Blob Data Contributor'" in check.step


def test_what_was_accepted_and_is_not_there_fails() -> None:
    class Forgetful(MemoryEvidence):
        def read(self, name: str) -> bytes:
            return b""

    assert looked_at(Forgetful()).level is Level.FAIL


def test_a_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("no key")
    check = key_check(EvidenceFiles(tmp_path / "log", lambda: FileKey(path, "phidrift")))

    assert check.level is Level.FAIL
    assert "EVIDENCE_SIGNING_KEY" in check.finding + check.step


def test_a_key_whose_signature_does_not_verify_fails(tmp_path: Path) -> None:
    class Wrong(FileKey):
        def sign(self, text: bytes) -> bytes:
            return super().sign(text + b"more")

    path = tmp_path / "key.pem"
    make(path)

    assert key_check(EvidenceFiles(tmp_path, lambda: Wrong(path, "phidrift"))).level is Level.FAIL


@pytest.mark.parametrize(
    ("code", "step"),
    [
        (errno.ENOSPC, "free space on the disk"),
        (errno.EROFS, "is read-only"),
        (errno.EACCES, "give this process the right"),
        (errno.EIO, "check the disk"),
    ],
)
def test_a_key_that_cannot_be_made_is_told_with_the_remedy_of_its_cause(
    tmp_path: Path, code: int, step: str
) -> None:
    def refuses() -> FileKey:
        raise OSError(code, os.strerror(code), str(tmp_path / "evidence-key.pem"))

    check = key_check(EvidenceFiles(tmp_path / "log", refuses))

    assert check.level is Level.FAIL
    assert os.strerror(code) in check.finding
    assert step in check.step
    assert "EVIDENCE_SIGNING_KEY" not in check.step


def test_a_key_file_that_is_missing_is_named_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    check = key_check(EvidenceFiles(tmp_path / "log", lambda: FileKey(path, "phidrift")))

    assert f"{path}: No such file or directory" in check.finding
    assert check.step == "create key.pem, or let the setting name a file that exists"


@pytest.mark.parametrize(
    ("refusal", "step"),
    [
        (Refusal(403, "ForbiddenByFirewall"), "allow this network in the vault's firewall"),
        (Refusal(403, "ForbiddenByRbac"), "'Key Vault Crypto User'"),
        (Refusal(404, "KeyNotFound"), "recover the key"),
        (Refusal(429), "wait: Azure throttles"),
        (Refusal(503), "Azure's status page"),
        (Refusal(0), "check the name in the setting, the DNS"),
    ],
)
def test_a_refusal_of_the_vault_has_the_remedy_of_its_cause(refusal: Refusal, step: str) -> None:
    assert step in refusal.remedy(vault_key.REMEDIES)

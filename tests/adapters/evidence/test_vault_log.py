"""A monitor whose evidence is signed in a vault: a refusal delays checkpoints, and nothing else."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import bootstrap
from adapters.evidence.files import EvidenceFiles
from adapters.evidence.vault_key import VaultKey
from drift.evidence.kept_logs import kept_keys, kept_logs
from drift.evidence.log_check import check_log
from drift.evidence.notes import PublicKey
from drift.evidence.verification import Verification
from drift.outbox.evidence_rows import record_rows
from drift.state import keys
from sandbox.world import Sandbox
from tests.adapters.evidence.test_vault_key import opened
from tests.support.evidence import checkpoint_files, keep_evidence, records_of
from tests.support.open_account import OPEN, broken, place
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

SHARD = keys.PARTITIONS[3]


@pytest.fixture
def key(sandbox: Sandbox) -> Iterator[VaultKey]:
    with closing(opened(sandbox.vault.key_id)) as key:
        yield key


@pytest.fixture
def log(key: VaultKey, tmp_path: Path) -> EvidenceFiles:
    return EvidenceFiles(tmp_path / "log", lambda: key)


@pytest.fixture
def rig(log: EvidenceFiles) -> Rig:
    """Return a monitor that keeps an evidence log."""
    rig = Rig(None)
    keep_evidence(rig, log)
    return rig


def checked(log: EvidenceFiles) -> Verification:
    """Return what the stored keys prove about the whole log."""
    total = Verification()
    for kept in kept_logs(log):
        total += check_log(kept.log, kept.lines, kept.notes, known=(), keys=kept_keys(log))
    return total


def test_an_alert_and_its_records_do_not_wait_for_a_key_that_is_disabled(
    rig: Rig, log: EvidenceFiles, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "drift.evidence_log")
    place(rig)
    rig.only(OPEN)
    rig.write(ACCOUNT)
    rig.later(minutes=2)
    sandbox.vault.disable()
    broken(rig)
    rig.write(ACCOUNT)
    told = len(rig.splunk.told)
    rig.later(minutes=3)
    recorded, signed = len(records_of(log)), len(checkpoint_files(log))
    sandbox.vault.enable()
    rig.later(minutes=2)

    assert (told > 0, recorded > 0, signed) == (True, True, 0)
    assert "EVIDENCE_SIGNING_KEY" in caplog.text
    assert "KeyDisabled: the key is disabled" in caplog.text
    assert checked(log).problems == ()
    assert checked(log).proven == len(records_of(log))


def test_a_log_that_two_versions_of_the_key_signed_is_sound(
    rig: Rig, log: EvidenceFiles, sandbox: Sandbox
) -> None:
    record(rig, "a")
    rig.later(minutes=70)
    sandbox.vault.disable()
    sandbox.vault.rotate()
    record(rig, "b")
    rig.later(minutes=70)

    assert len(checkpoint_files(log)) == 2
    assert len(kept_keys(log)) == 2
    assert (checked(log).proven, checked(log).problems) == (2, ())


def test_a_signature_that_does_not_fit_the_told_key_is_never_written(
    rig: Rig, log: EvidenceFiles, sandbox: Sandbox
) -> None:
    with closing(opened(sandbox.vault.key_id)) as before:
        told = before.public
        sandbox.vault.rotate()
        rig.change(evidence=Replaced(log, told))
        record(rig, "a")
        rig.later(minutes=10)

    assert [each["name"] for each in records_of(log)] == ["a"]
    assert checkpoint_files(log) == []


def record(rig: Rig, name: str) -> None:
    """Store a record that waits."""
    rows = record_rows(SHARD, {"kind": "test", "name": name}, rig.clock(), name)
    rig.store.commit(SHARD, rows)


class Replaced(EvidenceFiles):
    """Tells a public key that is no longer that of its signatures."""

    def __init__(self, log: EvidenceFiles, told: PublicKey) -> None:
        self.__dict__.update(log.__dict__)
        self._told = told

    @property
    def public_key(self) -> PublicKey:
        return self._told


def test_the_settings_name_the_key_of_the_vault(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {
        "MONITORED_SUBSCRIPTIONS": SUBSCRIPTION,
        "EVIDENCE_SIGNING_KEY": sandbox.vault.key_id,
    }
    settings, _ = bootstrap.load_configuration(environment, needs_channels=False)

    with closing(bootstrap.evidence(settings)) as log:
        assert log.public_key.verifies(log.sign(b"text"), b"text")

"""MONITOR-CHANNEL for the evidence log: one incident while it is refused, and no alert waits for it."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from drift.codec import SCHEMA_FIELD
from drift.errors import EvidenceUnavailable
from drift.notices import Notice
from drift.ports import Put
from drift.self_monitoring.evidence_health import SUBJECT
from drift.state import keys
from drift.state.keys import RowKind
from tests.support.evidence import MemoryEvidence, keep_evidence, records_of
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, Rig

FULL = EvidenceUnavailable("2026-11-20.jsonl in EVIDENCE_STORE: No space left on device")
NO_KEY = EvidenceUnavailable("no key signs the checkpoints: it was refused")


@pytest.fixture
def evidence(known: Rig) -> MemoryEvidence:
    """Return the log of a monitor that has just begun to keep one."""
    evidence = MemoryEvidence()
    keep_evidence(known, evidence)
    return evidence


def reported(rig: Rig) -> list[Notice]:
    return [each for each, _ in rig.teams.told if each.resource_id == SUBJECT]


def changes(rig: Rig) -> list[str]:
    return [f"{each.control_id} {each.change}" for each in reported(rig)]


def test_a_log_that_is_refused_is_one_incident_until_it_is_written_again(
    known: Rig, evidence: MemoryEvidence
) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    assert "TOY-OPEN opened" in known.teams.changes
    known.later(minutes=14)
    assert reported(known) == []

    known.later(minutes=180)

    assert changes(known) == ["MONITOR-CHANNEL opened"]
    (notice,) = reported(known)
    assert "No space left on device. " in notice.reason
    assert "in the state until it is repaired." in notice.reason
    assert notice.title == "Evidence log must be written and signed"
    assert "phidrift doctor" in notice.fix_note

    evidence.refusal = None
    known.later(minutes=3)

    assert changes(known) == ["MONITOR-CHANNEL opened", "MONITOR-CHANNEL resolved"]
    assert any(each["resource"] == ACCOUNT for each in records_of(evidence))
    known.later(minutes=120)
    assert len(reported(known)) == 2
    assert known.store_rows("log|refused") == 0


def test_the_alert_has_the_remedy_of_the_cause(known: Rig, evidence: MemoryEvidence) -> None:
    evidence.refusal = EvidenceUnavailable("the disk is full", "free space on the disk of /data")
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=40)

    (notice,) = reported(known)
    assert notice.fix_note.startswith("Free space on the disk of /data. Then run phidrift doctor")


def test_alerts_go_on_while_the_log_is_refused(known: Rig, evidence: MemoryEvidence) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=40)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=3)

    told = [each for each in known.teams.changes if each.startswith("TOY-OPEN")]
    assert told == ["TOY-OPEN opened", "TOY-OPEN resolved"]


def test_a_log_that_is_refused_for_some_minutes_is_not_reported(
    known: Rig, evidence: MemoryEvidence
) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=12)
    evidence.refusal = None
    known.later(minutes=60)

    assert reported(known) == []
    assert known.store_rows("log|refused") == 0


def test_another_reason_is_an_update_at_most_every_15_minutes(
    known: Rig, evidence: MemoryEvidence
) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=40)
    for number in range(60):
        evidence.refusal = EvidenceUnavailable(f"answer {number}")
        known.later(minutes=1)

    told = [each.decided_at for each in reported(known)]
    assert 2 <= len(told) <= 6
    assert min(later - at for at, later in itertools.pairwise(told)) >= timedelta(minutes=14)


def test_a_key_that_signs_nothing_is_reported_and_degrades_the_health(
    known: Rig, evidence: MemoryEvidence
) -> None:
    unsigned = Unsigned(evidence)
    known.change(evidence=unsigned)
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=40)

    assert changes(known) == ["MONITOR-CHANNEL opened"]
    assert "No key signs the checkpoints" in reported(known)[0].reason
    health = known.monitor.health()
    assert (health["status"], health["evidenceRefused"] > 0) == ("degraded", True)

    unsigned.signs = True
    known.later(minutes=5)

    assert changes(known)[1:] == ["MONITOR-CHANNEL resolved"]
    assert known.monitor.health()["evidenceRefused"] == 0


class Unsigned(MemoryEvidence):
    """A log that is written, and signed only once ``signs`` is set."""

    def __init__(self, evidence: MemoryEvidence) -> None:
        self.__dict__.update(evidence.__dict__)
        self.signs = False

    def sign(self, text: bytes) -> bytes:
        if not self.signs:
            raise NO_KEY
        return super().sign(text)


def test_a_changed_configuration_looks_at_the_log_again_and_not_at_a_channel(
    known: Rig, evidence: MemoryEvidence
) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=40)
    known.change(facts=replace(known.services.facts, config_hash="second"))
    known.later(minutes=20)

    assert changes(known) == ["MONITOR-CHANNEL opened"]


def test_a_refusal_that_another_version_noted_is_kept_and_reported(
    known: Rig, evidence: MemoryEvidence
) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=1)
    shard = keys.partition(ACCOUNT)
    key = keys.row_key(RowKind.LOG, "refused")
    newer = {SCHEMA_FIELD: 99, "since": "in another form"}
    known.store.commit(shard, [Put(key, newer)])

    known.later(minutes=40)

    kept = known.store.get(shard, key)
    assert kept
    assert kept.data == newer
    assert changes(known) == ["MONITOR-CHANNEL opened"]


def test_without_a_log_the_incident_ends_in_its_own_words(
    known: Rig, evidence: MemoryEvidence
) -> None:
    evidence.refusal = FULL
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=40)
    known.change(evidence=None)
    known.later(minutes=20)

    assert changes(known) == ["MONITOR-CHANNEL opened", "MONITOR-CHANNEL closed"]
    assert known.monitor.health()["evidenceRefused"] == 0

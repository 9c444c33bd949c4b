"""The log is written once, in order, and only grows, even if processes die or write at the same time."""

from pathlib import Path

from adapters.evidence.files import EvidenceFiles
from drift.evidence.checkpoints import verified
from drift.evidence.merkle import leaf_hash, root
from drift.evidence_log.head import EvidenceHead, load_head
from drift.evidence_log.writer import write_records
from drift.outbox.evidence_rows import record_rows
from drift.queues.messages import EvidenceMessage
from drift.state import keys
from tests.support.evidence import (
    checkpoint_files,
    day_files,
    evidence_in,
    keep_evidence,
    records_of,
)
from tests.support.rig import Rig

SHARD = keys.PARTITIONS[3]


def a_rig(folder: Path) -> tuple[Rig, EvidenceFiles]:
    rig, evidence = Rig(None), evidence_in(folder)
    keep_evidence(rig, evidence)
    return rig, evidence


def record(rig: Rig, name: str, **fields: object) -> None:
    """Store a record that waits."""
    rows = record_rows(SHARD, {"kind": "test", "name": name, **fields}, rig.clock(), name)
    rig.store.commit(SHARD, rows)


def write(rig: Rig) -> None:
    write_records(rig.store, rig.services.evidence, EvidenceMessage(shard=SHARD), rig.clock)


def head(rig: Rig) -> EvidenceHead:
    return load_head(rig.store, SHARD).head


def names_in(evidence: EvidenceFiles) -> list[str]:
    return [str(each["name"]) for each in records_of(evidence)]


def test_many_records_are_written_in_order_and_each_once(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    names = [f"{number:03d}" for number in range(120)]
    for each in names:
        record(rig, each)

    write(rig)
    write(rig)

    assert names_in(evidence) == names
    assert head(rig).size == 120
    assert rig.store_rows("evidence|") == 0


def test_the_head_has_the_root_of_the_lines_in_the_files(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    for name in ("a", "b", "c"):
        record(rig, name)
        write(rig)
    rig.clock.advance(days=1)
    record(rig, "d")
    write(rig)

    lines = [line for each in day_files(evidence) for line in evidence.read(each).splitlines()]
    assert len(day_files(evidence)) == 2
    assert head(rig).frontier.root() == root([leaf_hash(each) for each in lines])


def test_a_clock_that_is_behind_continues_the_newest_file(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    write(rig)
    rig.clock.advance(days=-1)
    record(rig, "b")
    write(rig)

    assert len(day_files(evidence)) == 1
    assert names_in(evidence) == ["a", "b"]


def test_two_writers_of_one_batch_write_it_once(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    other = Meddling(evidence, rig)
    rig.change(evidence=other)

    write(rig)

    assert other.met
    assert names_in(evidence) == ["a"]
    assert head(rig).size == 1


class Meddling(EvidenceFiles):
    """Has another process write all that waits, right before the first append of this one."""

    def __init__(self, evidence: EvidenceFiles, rig: Rig) -> None:
        self.__dict__.update(evidence.__dict__)
        self._rig = rig
        self._evidence = evidence
        self.met = False

    def append(self, name: str, offset: int, data: bytes) -> None:
        if not self.met:
            self.met = True
            message = EvidenceMessage(shard=SHARD)
            write_records(self._rig.store, self._evidence, message, self._rig.clock)
        super().append(name, offset, data)


def test_a_log_that_was_cut_is_not_continued_and_its_records_wait(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    write(rig)
    path = tmp_path / "log" / day_files(evidence)[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    record(rig, "b")
    rig.later(minutes=5)

    assert path.read_bytes() == whole[:-5]
    assert rig.store_rows("evidence|") == 1

    path.write_bytes(whole)
    rig.later(minutes=2)

    assert names_in(evidence) == ["a", "b"]


def test_the_first_records_are_signed_at_once_later_ones_after_an_hour(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    rig.later(minutes=1)
    record(rig, "b")
    rig.later(minutes=50)
    after_50_minutes = len(checkpoint_files(evidence))
    rig.later(minutes=12)

    assert after_50_minutes == 1
    assert [
        verified(evidence.read(each).decode(), [evidence.public_key]).size
        for each in checkpoint_files(evidence)
    ] == [1, 2]
    assert evidence.read(checkpoint_files(evidence)[1]).decode() == head(rig).note


def test_the_end_of_an_incident_is_signed_at_once(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    rig.later(minutes=1)
    record(rig, "b", closure="fixed")
    rig.later(minutes=1)

    assert len(checkpoint_files(evidence)) == 2


def test_an_hour_without_records_is_not_signed(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    rig.later(minutes=300)

    assert len(checkpoint_files(evidence)) == 1


def test_a_state_that_was_lost_begins_a_log_of_another_name(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    record(rig, "a")
    write(rig)
    again, _ = a_rig(tmp_path)
    record(again, "b")
    write(again)

    assert sorted(names_in(evidence)) == ["a", "b"]
    assert head(again).log != head(rig).log


def test_a_key_that_cannot_be_read_keeps_the_records_and_signs_later(tmp_path: Path) -> None:
    rig, evidence = a_rig(tmp_path)
    key = tmp_path / "key.pem"
    pem = key.read_bytes()
    key.write_text("not a key", encoding="utf-8")
    record(rig, "a")
    rig.later(minutes=3)

    assert (names_in(evidence), checkpoint_files(evidence)) == (["a"], [])

    key.write_bytes(pem)
    rig.later(minutes=2)

    assert len(checkpoint_files(evidence)) == 1

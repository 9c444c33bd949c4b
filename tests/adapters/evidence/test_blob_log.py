"""The whole evidence log in a container: a monitor writes it while requests fail one after the other."""

from contextlib import closing
from pathlib import Path

from adapters.evidence.blobs import EvidenceBlobs
from drift.evidence.kept_logs import kept_keys, kept_logs
from drift.evidence.log_check import check_log
from drift.evidence_log.writer import write_records
from drift.outbox.evidence_rows import record_rows
from drift.queues.messages import EvidenceMessage
from drift.state import keys
from tests.support.blob_container import BlobService, calls_to
from tests.support.evidence import keep_evidence, key_in, records_of
from tests.support.rig import Rig

SHARD = keys.PARTITIONS[3]
REQUESTS = (
    *(("HEAD", ""), ("PUT", "comp=appendblock"), ("PUT", "jsonl[.0-9]*$")),
    *(("PUT", "/keys/"), ("PUT", "/checkpoints/")),
)
ENDS = [(is_late, *request) for _ in range(2) for is_late in (False, True) for request in REQUESTS]
"""The request at which a process ends: before it arrives, or after it took effect."""


def a_log(service: BlobService, folder: Path) -> EvidenceBlobs:
    """Return a log of which no request is sent twice: what fails, fails."""
    calls = calls_to(service.new_container())
    return EvidenceBlobs(calls, key_in(folder), most_blocks=2, sleep=gives_up)


class GaveUp(Exception):
    """The process ends where it would have tried again."""


def gives_up(_: float) -> None:
    raise GaveUp


def test_records_are_written_once_and_signed_wherever_the_process_ends(
    service: BlobService, tmp_path: Path
) -> None:
    rig = Rig(None)
    with closing(a_log(service, tmp_path)) as log:
        keep_evidence(rig, log)
        for number, (is_late, method, match) in enumerate(ENDS):
            rows = record_rows(
                SHARD, {"kind": "test", "name": number}, rig.clock(), f"{number:03d}"
            )
            rig.store.commit(SHARD, rows)
            service.reset(match, method=method, after=is_late)
            write(rig)
            service.clear()
            write(rig)
            rig.clock.advance(minutes=61)

        assert [each["name"] for each in records_of(log)] == list(range(len(ENDS)))
        [kept] = kept_logs(log)
        report = check_log(kept.log, kept.lines, kept.notes, known=(), keys=kept_keys(log))
        assert (report.proven, report.problems) == (len(ENDS), ())


def write(rig: Rig) -> None:
    """Write what waits; a process that ends on the way has another one go on."""
    try:
        write_records(rig.store, rig.services.evidence, EvidenceMessage(shard=SHARD), rig.clock)
    except GaveUp:
        return

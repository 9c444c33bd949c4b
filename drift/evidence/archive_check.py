"""Verify an archive of evidence: each record by its proof, the checkpoints, and that nothing is missing."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from drift.evidence.archive import (
    ARCHIVE_FORMAT,
    CHECKPOINTS,
    CONSISTENCY,
    KEYS,
    MANIFEST,
    PROOFS,
    RECORDS,
)
from drift.evidence.archive_scope import archive_scope
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.log_check import TAIL
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import leaf_hash, verify_consistency, verify_inclusion
from drift.evidence.notes import BadNote, PublicKey
from drift.evidence.placed_record import BadRecord, PlacedRecord
from drift.evidence.proofs import RecordProof, hashes
from drift.evidence.verification import Verification

_RECORD: Final = re.compile(rf"{RECORDS}/([0-9a-f]+)/(shard-[0-9a-f])/(\d{{12}})\.json")
_CHECKPOINT: Final = re.compile(rf"{CHECKPOINTS}/(([0-9a-f]+)/(shard-[0-9a-f])/(\d{{12}})\.txt)")


def keys_in(files: Mapping[str, bytes]) -> list[PublicKey]:
    """Return the public keys that an archive holds; raise BadNote."""
    return [
        PublicKey.parse(text.decode(errors="replace"))
        for name, text in files.items()
        if name.startswith(f"{KEYS}/")
    ]


def check_archive(
    files: Mapping[str, bytes], keys: Sequence[PublicKey], known: Iterable[Checkpoint] = ()
) -> Verification:
    """Return what an archive proves; ``known`` are verified checkpoints that were kept elsewhere."""
    problems: list[str] = []
    try:
        manifest = _manifest(files)
    except BadNote as error:
        return Verification(problems=(str(error),))
    problems += _changed(files, manifest["files"])
    records: list[PlacedRecord] = []
    newest: dict[ShardLog, Checkpoint] = {}
    for name in sorted(files):
        if found := _RECORD.fullmatch(name):
            log, index = ShardLog(found[1], found[2]), int(found[3])
            try:
                newest[log] = _proven_by(files, name, (log, index), keys)
                records.append(PlacedRecord.of(log, index, files[name]))
            except (BadNote, BadRecord) as error:
                problems.append(f"{name}: {error}")
    if not records:
        problems.append("the archive has no record with a valid signature")
    problems += _inconsistent(files, newest, keys)
    proven = Verification(len(records), tuple(problems))
    if records:
        sizes = {log: each.size for log, each in newest.items()}
        proven += archive_scope(records, manifest.get("selection"), sizes)
    return proven + _against(known, files, newest)


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        found = json.loads(files.get(MANIFEST, b""))
    except (ValueError, RecursionError):
        raise BadNote(f"{MANIFEST} is missing or is not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise BadNote(f"{MANIFEST} lists no files")
    if found.get("format") != ARCHIVE_FORMAT:
        raise BadNote(f"{MANIFEST} is not of the format {ARCHIVE_FORMAT}: use a newer verifier")
    return found


def _changed(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(listed.keys() | files.keys() - {MANIFEST}):
        if name not in files:
            yield f"{name} is missing"
        elif name not in listed:
            yield f"{name} is not in the manifest"
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]:
            yield f"{name} differs from the manifest"


def _proven_by(
    files: Mapping[str, bytes], name: str, place: tuple[ShardLog, int], keys: Sequence[PublicKey]
) -> Checkpoint:
    """Return the checkpoint that covers a record; raise BadNote."""
    log, index = place
    proof_name = f"{PROOFS}/{log.log}/{log.shard}/{index:012d}.txt"
    proof = RecordProof.parse(files.get(proof_name, b"").decode(errors="replace"))
    checkpoint = verified(proof.note, keys)
    if checkpoint.origin != log.origin or proof.index != index:
        raise BadNote("its proof belongs to another record")
    if not verify_inclusion(leaf_hash(files[name]), index, checkpoint.tree, proof.path):
        raise BadNote("the record is not the one that was signed: it was changed or moved")
    return checkpoint


def _inconsistent(
    files: Mapping[str, bytes], newest: Mapping[ShardLog, Checkpoint], keys: Sequence[PublicKey]
) -> Iterator[str]:
    """Yield the checkpoints that are not signed, or from which the newest one does not follow."""
    for name in sorted(files):
        found = _CHECKPOINT.fullmatch(name)
        if not found or ShardLog(found[2], found[3]) not in newest:
            continue
        try:
            checkpoint = verified(files[name].decode(errors="replace"), keys)
            nodes = hashes(files.get(f"{CONSISTENCY}/{found[1]}", b"").decode(errors="replace"))
        except BadNote as error:
            yield f"{name}: {error}"
            continue
        last = newest[ShardLog(found[2], found[3])]
        if not verify_consistency(checkpoint.tree, last.tree, nodes):
            yield f"{name}: the newest checkpoint does not continue the log of this one"


def _against(
    known: Iterable[Checkpoint], files: Mapping[str, bytes], newest: Mapping[ShardLog, Checkpoint]
) -> Verification:
    """Compare with checkpoints that were kept elsewhere."""
    problems, limits = [], []
    origins = {log.origin: log for log in newest}
    compared = set()
    for each in known:
        if each.origin not in origins:
            continue
        log = origins[each.origin]
        compared.add(log)
        given = files.get(f"{CHECKPOINTS}/{log.log}/{log.shard}/{each.size:012d}.txt", b"")
        own = given.decode(errors="replace")
        if each.size > newest[log].size:
            problems.append(
                f"{each.origin}: the tail was cut, or the archive was made before: the given "
                f"checkpoint has {each.size} records, the archive's newest {newest[log].size}"
            )
        elif not own:
            limits.append(
                f"{each.origin}: the given checkpoint of {each.size} records: "
                "the archive has none of that size"
            )
        elif not own.startswith(each.text):
            problems.append(
                f"{each.origin}: the first {each.size} records are not those of the given "
                "checkpoint"
            )
    limits += [f"{log.origin}: {TAIL}" for log in newest if log not in compared]
    return Verification(problems=tuple(problems), limits=tuple(limits))

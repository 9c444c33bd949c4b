"""Verify an archive of evidence: each record by its proof, the checkpoints, and that nothing is missing."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.log_check import TAIL
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import leaf_hash, verify_consistency, verify_inclusion
from drift.evidence.notes import BadNote, PublicKey
from drift.evidence.proofs import RecordProof, hashes
from drift.evidence.verification import Verification

_RECORD: Final = re.compile(rf"{RECORDS}/([0-9a-f]+)/(shard-[0-9a-f])/(\d{{12}})\.json")
NOT_COUNTED: Final = (
    "that no delivery, answer or step of the breach clock is missing at the end: the archive "
    "counts only changes up to the end of the incident"
)
"""What an archive of an incident can never prove."""

_CHECKPOINT: Final = re.compile(rf"{CHECKPOINTS}/(([0-9a-f]+)/(shard-[0-9a-f])/(\d{{12}})\.txt)")


@dataclass(frozen=True, slots=True, order=True)
class _Record:
    """A record that its proof places in a log."""

    log: ShardLog
    index: int
    content: Mapping[str, Any]


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
    records: list[_Record] = []
    newest: dict[ShardLog, Checkpoint] = {}
    for name in sorted(files):
        if found := _RECORD.fullmatch(name):
            log, index = ShardLog(found[1], found[2]), int(found[3])
            try:
                newest[log] = _proven_by(files, name, (log, index), keys)
                records.append(_Record(log, index, json.loads(files[name])))
            except (BadNote, ValueError) as error:
                problems.append(f"{name}: {error}")
    if not records:
        problems.append("the archive has no record with a valid signature")
    problems += _inconsistent(files, newest, keys)
    gaps = _gaps(records, manifest.get("selection", {}))
    compared = _against(known, files, newest)
    proven = Verification(len(records), tuple(problems))
    return proven + gaps + compared


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        found = json.loads(files.get(MANIFEST, b""))
    except ValueError:
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


def _gaps(records: Sequence[_Record], selection: Mapping[str, Any]) -> Verification:
    """Return which records are missing in between, and which may be missing at the end."""
    if "incident" in selection:
        return _gaps_of_incident(records, str(selection["incident"]))
    problems = []
    for log in dict.fromkeys(each.log for each in records):
        indexes = {each.index for each in records if each.log == log}
        missing = sorted(set(range(min(indexes), max(indexes))) - indexes)
        problems += [f"{log.origin}: record {each + 1} is missing" for each in missing]
    return Verification(problems=tuple(problems))


def _gaps_of_incident(records: Sequence[_Record], incident: str) -> Verification:
    others = [each for each in records if each.content.get("incident") != incident]
    problems = [
        f"{each.log.origin}: record {each.index + 1} is of another incident" for each in others
    ]
    own = [each.content for each in records if each.content.get("incident") == incident]
    changes = [each for each in own if each.get("kind") == "change"]
    numbers = {int(each["sequence"]) for each in changes}
    recorded = numbers | {int(each["sequence"]) for each in own if each.get("kind") == "delivery"}
    named = {int(each["sequence"]) for each in own if _counts(each, numbers)}
    missing = sorted(set(_all_between(recorded, named)) - numbers)
    problems += [f"change {each} of the incident is missing" for each in missing]
    steps = {int(each["step"]["number"]) for each in own if each.get("kind") == "step"}
    missing = sorted(set(_all_between(steps, steps)) - steps)
    problems += [f"step {each} of the breach clock is missing" for each in missing]
    limits = [NOT_COUNTED]
    if numbers and min(recorded) > 1:
        limits.append(f"what the first {min(recorded) - 1} changes of the incident were: no record")
    if steps and min(steps) > 1:
        limits.append(f"what the first {min(steps) - 1} steps of the breach clock were: no record")
    if not changes or not max(changes, key=lambda each: int(each["sequence"])).get("closure"):
        limits.append("that the incident has no later record: its end is not in this archive")
    return Verification(problems=tuple(problems), limits=tuple(limits))


def _counts(record: Mapping[str, Any], changes: Collection[int]) -> bool:
    """Tell whether the change that a record names must have a record itself.

    A delivery is recorded only where its change is; answers and steps are recorded by themselves.
    """
    return bool(changes) or record.get("kind") == "delivery"


def _all_between(recorded: Collection[int], named: Collection[int]) -> range:
    """Return all numbers from the first that must have a record to the last that is named."""
    return range(min(recorded, default=1), max(named, default=0) + 1)


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
        own = files.get(f"{CHECKPOINTS}/{log.log}/{log.shard}/{each.size:012d}.txt", b"").decode()
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

"""The places of an incident's records in the evidence log, so that an auditor can verify them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drift.errors import EvidenceUnavailable, NotUnderstood
from drift.evidence.checkpoints import verified
from drift.evidence.kept_logs import KeptFiles, kept_keys, lines_of
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import leaf_hash
from drift.evidence.notes import BadNote
from drift.outbox.evidence_rows import line_of
from drift.ports import Store
from drift.state import keys, paging
from drift.state.keys import RowKind


@dataclass(frozen=True, slots=True)
class References:
    """The records of one incident in the log, and problems.

    ``waiting`` are records that are in the state but not in the log yet.
    """

    records: tuple[Mapping[str, Any], ...] = ()
    waiting: int = 0
    problems: tuple[str, ...] = ()


def references_of(files: KeptFiles, store: Store, resource_id: str, incident: str) -> References:
    """Return where the records of an incident are; unreadable data becomes a problem, never an error.

    One file of a day is held at a time. Only the signatures of checkpoints are verified.
    """
    shard = keys.partition(resource_id)
    waiting, problems = _waiting(store, shard, incident)
    try:
        records = tuple(_records(files, shard, incident))
    except (EvidenceUnavailable, BadNote) as error:
        return References((), waiting, (*problems, f"the evidence log cannot be read: {error}"))
    if not records:
        problems = (
            *problems,
            "the evidence log that EVIDENCE_STORE names has no record of this incident",
        )
    return References(records, waiting, problems)


def _records(files: KeptFiles, shard: str, incident: str) -> Iterator[Mapping[str, Any]]:
    names = files.names()
    days = [(log, name) for name in names if (log := ShardLog.of_day(name)) and log.shard == shard]
    sizes = {log: _signed_sizes(files, names, log) for log, _ in days}
    count = dict.fromkeys(sizes, 0)
    for log, name in days:
        for line in lines_of(files.read(name)):
            index = count[log]
            count[log] += 1
            record = _parsed(line)
            if record.get("incident") == incident:
                signed = next((size for size in sizes[log] if size > index), None)
                yield _reference(log, name, index, line, record, signed)


def _reference(*found: Any) -> Mapping[str, Any]:
    log, name, index, line, record, signed = found
    return {
        "log": log.log,
        "shard": log.shard,
        "index": index,
        "file": name,
        "kind": str(record.get("kind", "")),
        "at": str(record.get("at", "")) or None,
        "sequence": record.get("sequence"),
        "leafHash": leaf_hash(line).hex(),
        "checkpoint": signed,
    }


def _signed_sizes(files: KeptFiles, names: Sequence[str], log: ShardLog) -> list[int]:
    """Return the sizes of the checkpoints whose signature is right, in ascending order."""
    public, sizes = kept_keys(files), []
    for name in names:
        if ShardLog.of_checkpoint(name) != log:
            continue
        try:
            sizes.append(verified(files.read(name).decode(errors="replace"), public).size)
        except BadNote:
            continue
    return sorted(sizes)


def _waiting(store: Store, shard: str, incident: str) -> tuple[int, tuple[str, ...]]:
    count, refused = 0, 0
    for row in paging.all_rows(store, shard, *keys.below(RowKind.EVIDENCE)):
        try:
            count += _parsed(line_of(row)).get("incident") == incident
        except NotUnderstood:
            refused += 1
    if not refused:
        return count, ()
    return count, (f"{refused} waiting records were written by another version and are not read",)


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

"""Verify the log of one partition: each of its checkpoints, and those that were kept elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import Frontier, leaf_hash
from drift.evidence.notes import BadNote, PublicKey
from drift.evidence.placed_record import BadRecord, PlacedRecord
from drift.evidence.verification import Verification

TAIL: Final = (
    "whether records were cut off at the end together with the checkpoints that cover them: "
    "compare with a checkpoint that was kept elsewhere, such as in the SIEM"
)

_MOST_NAMED: Final = 20
"""How many unsound records are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class _Vouched:
    """A checkpoint whose signature is right, and the name by which a report calls it."""

    name: str
    checkpoint: Checkpoint


def check_log(
    log: ShardLog,
    lines: Sequence[bytes],
    notes: Mapping[str, str],
    *,
    known: Iterable[Checkpoint],
    keys: Sequence[PublicKey],
) -> Verification:
    """Return what the checkpoints of a log prove of its lines.

    ``notes`` are its signed checkpoints by the names of their files, ``known`` those that were kept
    elsewhere, already verified.
    """
    vouched, wrong = _vouched(log, notes, keys)
    elsewhere = [
        _Vouched(f"the given checkpoint of {each.size} records", each)
        for each in known
        if each.origin == log.origin
    ]
    proven, differing = _compared([*vouched, *elsewhere], lines)
    problems = [*wrong, *(f"{log.origin}: {each}" for each in differing)]
    limits = []
    if lines and not vouched and not elsewhere:
        problems.append(f"{log.origin}: no valid checkpoint covers its {len(lines)} records")
    elif len(lines) > proven and not differing:
        left = len(lines) - proven
        limits.append(
            f"{log.origin}: the last {left} of {len(lines)} records, signed by no checkpoint yet"
        )
    if not elsewhere:
        limits.append(f"{log.origin}: {TAIL}")
    return Verification(proven, tuple(problems), tuple(limits))


def check_records(log: ShardLog, lines: Iterable[bytes]) -> Verification:
    """Return which lines of a log are no sound records, though they may be signed."""
    problems, unsound = [], 0
    for index, line in enumerate(lines):
        try:
            PlacedRecord.of(log, index, line)
        except BadRecord as error:
            unsound += 1
            if unsound <= _MOST_NAMED:
                problems.append(f"{log.origin}: record {index + 1}: {error}")
    if unsound > _MOST_NAMED:
        problems.append(f"{log.origin}: {unsound - _MOST_NAMED} more records are unsound")
    return Verification(problems=tuple(problems))


def _vouched(
    log: ShardLog, notes: Mapping[str, str], keys: Sequence[PublicKey]
) -> tuple[list[_Vouched], list[str]]:
    vouched, wrong = [], []
    for name, note in notes.items():
        try:
            checkpoint = verified(note, keys)
        except BadNote as error:
            wrong.append(f"{name}: {error}")
            continue
        if checkpoint.origin == log.origin:
            vouched.append(_Vouched(name, checkpoint))
        else:
            wrong.append(f"{name}: it is a checkpoint of {checkpoint.origin}")
    return vouched, wrong


def _compared(vouched: Iterable[_Vouched], lines: Sequence[bytes]) -> tuple[int, list[str]]:
    """Return how many of the first lines are proven, and where the lines differ from a checkpoint."""
    proven, tree, rest = 0, Frontier(), iter(lines)
    for each in sorted(vouched, key=lambda each: each.checkpoint.size):
        size = each.checkpoint.size
        if size > len(lines):
            return proven, [
                f"the tail was cut: {each.name} has {size} records, the files {len(lines)}"
            ]
        for line in islice(rest, size - tree.size):
            tree = tree.append(leaf_hash(line))
        if tree.root() != each.checkpoint.root:
            where = (
                f"records {proven + 1} to {size}" if size > proven else f"the first {size} records"
            )
            why = "one was changed, removed, added or moved"
            return proven, [f"{where} are not those that {each.name} covers: {why}"]
        proven = size
    return proven, []

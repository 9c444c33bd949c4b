"""What an archive of evidence holds: records, a proof of each, checkpoints, keys and a manifest."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from drift.evidence.checkpoints import Checkpoint
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import Tree, leaf_hash
from drift.evidence.notes import PublicKey
from drift.evidence.proofs import RecordProof, hash_lines

ARCHIVE_FORMAT: Final = "phidrift.evidence-archive/1"
MANIFEST: Final = "manifest.json"
RECORDS: Final = "records"
PROOFS: Final = "proofs"
CHECKPOINTS: Final = "checkpoints"
CONSISTENCY: Final = "consistency"
KEYS: Final = "keys"


@dataclass(frozen=True, slots=True)
class LogPart:
    """A log, its signed checkpoints in ascending order, and the indexes of the records to archive."""

    log: ShardLog
    lines: Sequence[bytes]
    signed: Sequence[tuple[Checkpoint, str]]
    chosen: Sequence[int]

    @property
    def unsigned(self) -> int:
        """Return how many of the chosen records have no checkpoint yet: they cannot be archived."""
        size = self.signed[-1][0].size if self.signed else 0
        return sum(each >= size for each in self.chosen)


def archive_files(
    parts: Iterable[LogPart],
    keys: Iterable[PublicKey],
    about: Mapping[str, Any],
    verifier: Mapping[str, bytes],
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive with their names, the manifest last.

    ``about`` is for the manifest, ``verifier`` is the program. Only one file is in memory at a time.
    """
    hashes: dict[str, str] = {}
    of_keys = ((f"{KEYS}/{each.id.hex()}.txt", f"{each.text}\n".encode()) for each in keys)
    of_logs = (file for part in parts for file in _files_of(part))
    for name, content in chain(of_keys, of_logs, verifier.items()):
        hashes[name] = hashlib.sha256(content).hexdigest()
        yield name, content
    yield MANIFEST, _manifest(hashes, about)


def manifest(files: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """Return the manifest of these files: its format, what was chosen, and the hash of each file."""
    return _manifest({name: hashlib.sha256(files[name]).hexdigest() for name in files}, about)


def _manifest(hashes: Mapping[str, str], about: Mapping[str, Any]) -> bytes:
    listed = dict(sorted(hashes.items()))
    return json.dumps({"format": ARCHIVE_FORMAT, **about, "files": listed}, indent=1).encode()


def _files_of(part: LogPart) -> Iterator[tuple[str, bytes]]:
    if not part.signed:
        return
    newest, note = part.signed[-1]
    tree = Tree([leaf_hash(line) for line in islice(part.lines, newest.size)])
    place, chosen = f"{part.log.log}/{part.log.shard}", frozenset(part.chosen)
    for index, line in enumerate(islice(part.lines, newest.size)):
        if index in chosen:
            proof = RecordProof(index, tree.inclusion_proof(index, newest.size), note)
            yield f"{RECORDS}/{place}/{index:012d}.json", line
            yield f"{PROOFS}/{place}/{index:012d}.txt", proof.text.encode()
    first = min(part.chosen, default=0)
    for checkpoint, signed in part.signed:
        if checkpoint.size > first:
            name = f"{place}/{checkpoint.size:012d}.txt"
            nodes = tree.consistency_proof(checkpoint.size, newest.size)
            yield f"{CHECKPOINTS}/{name}", signed.encode()
            yield f"{CONSISTENCY}/{name}", hash_lines(nodes).encode()

"""What an archive of evidence holds: records, a proof of each, checkpoints, keys and a manifest."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
) -> dict[str, bytes]:
    """Return the files of an archive by name; ``about`` is for its manifest, ``verifier`` its program."""
    files = {f"{KEYS}/{each.id.hex()}.txt": f"{each.text}\n".encode() for each in keys}
    for part in parts:
        files.update(_files_of(part))
    files.update(verifier)
    return {**files, MANIFEST: manifest(files, about)}


def manifest(files: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """Return the manifest of these files: its format, what was chosen, and the hash of each file."""
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    return json.dumps({"format": ARCHIVE_FORMAT, **about, "files": hashes}, indent=1).encode()


def _files_of(part: LogPart) -> Iterator[tuple[str, bytes]]:
    if not part.signed:
        return
    newest, note = part.signed[-1]
    tree = Tree([leaf_hash(line) for line in part.lines[: newest.size]])
    place = f"{part.log.log}/{part.log.shard}"
    for index in part.chosen:
        if index < newest.size:
            proof = RecordProof(index, tree.inclusion_proof(index, newest.size), note)
            yield f"{RECORDS}/{place}/{index:012d}.json", part.lines[index]
            yield f"{PROOFS}/{place}/{index:012d}.txt", proof.text.encode()
    first = min(part.chosen, default=0)
    for checkpoint, signed in part.signed:
        if checkpoint.size > first:
            name = f"{place}/{checkpoint.size:012d}.txt"
            nodes = tree.consistency_proof(checkpoint.size, newest.size)
            yield f"{CHECKPOINTS}/{name}", signed.encode()
            yield f"{CONSISTENCY}/{name}", hash_lines(nodes).encode()

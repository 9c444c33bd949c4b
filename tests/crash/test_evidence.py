"""A crash at any point neither loses a record of the evidence log nor writes one twice.

Each call of the log is a point, and so is each commit around it; the one in between is a torn write,
which ``tests/adapters/evidence/test_files.py`` has.
"""

from collections import Counter

import pytest

from drift.evidence.checkpoints import verified
from drift.evidence.merkle import leaf_hash, root
from tests.crash.dying_host import DyingHost
from tests.crash.scenarios import broken_and_mended, in_memory, place
from tests.crash.test_every_point import deadly
from tests.support.evidence import (
    MemoryEvidence,
    checkpoint_files,
    day_files,
    keep_evidence,
    records_of,
)
from tests.support.extent import part
from tests.support.rig import Rig

ONE_IN = 4
LONG_AFTER = 75
"""Minutes: an hour after it died, a tick's row is due again and the log is signed."""


def lived(*dies_at: int) -> tuple[DyingHost, MemoryEvidence]:
    """Have an incident open and end, dying at these points, and let the log catch up."""
    rig, evidence = Rig(None), MemoryEvidence()
    in_memory(rig)
    place(rig)
    keep_evidence(rig, evidence)
    host = DyingHost(rig, dies_at=dies_at)
    broken_and_mended(host)
    host.later(minutes=LONG_AFTER)
    return host, evidence


def recorded(evidence: MemoryEvidence) -> Counter[tuple[object, ...]]:
    """Return the subjects of the records, without their times."""
    names = ("kind", "uid", "change", "channel", "outcome")
    return Counter(tuple(each.get(name) for name in names) for each in records_of(evidence))


def unproved(evidence: MemoryEvidence) -> list[str]:
    """Return the checkpoints that do not fit the lines, and the logs that none covers wholly."""
    wrong = []
    for each in day_files(evidence):
        leaves = [leaf_hash(line) for line in evidence.read(each).splitlines()]
        signed = [
            verified(evidence.read(name).decode(), [evidence.public_key])
            for name in checkpoint_files(evidence)
            if name.startswith(each.rpartition("/")[0])
        ]
        wrong += [one.origin for one in signed if root(leaves[: one.size]) != one.root]
        wrong += [each] if max(one.size for one in signed) != len(leaves) else []
    return wrong


@pytest.fixture(scope="module")
def undisturbed() -> tuple[DyingHost, MemoryEvidence]:
    return lived()


def test_a_crash_at_any_point_loses_and_doubles_no_record(
    undisturbed: tuple[DyingHost, MemoryEvidence],
) -> None:
    host, evidence = undisturbed
    expected = recorded(evidence)
    wrong = {}
    for point in part(deadly(host.passed), one_in=ONE_IN, of="evidence"):
        after, log = lived(point)
        if recorded(log) != expected or unproved(log) or after.rig.store_rows("evidence|"):
            wrong[", ".join(after.died_at)] = recorded(log) - expected, expected - recorded(log)

    assert set(expected.values()) == {1}
    assert unproved(evidence) == []
    assert wrong == {}


def test_every_crash_within_the_writing_of_the_log_is_survived(
    undisturbed: tuple[DyingHost, MemoryEvidence],
) -> None:
    host, evidence = undisturbed
    points = [at for at, each in enumerate(host.passed, 1) if "background evidence" in each]
    own = {each: point for point in points for each in [host.passed[point - 1].rpartition(" #")[0]]}
    found = {each: recorded(lived(point)[1]) for each, point in own.items()}

    assert {each.rpartition(" > ")[2] for each in found} == {
        *("Store.commit", "EvidenceLog.append", "EvidenceLog.create", "EvidenceLog.sign"),
    }
    assert all(each == recorded(evidence) for each in found.values())

"""The verifier finds each way to tamper with a log, and says what it cannot find."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from drift.evidence.checkpoints import Checkpoint
from drift.evidence.kept_logs import KeptLog
from drift.evidence.log_check import TAIL, check_log
from drift.evidence.verification import Verification
from tests.drift.evidence.logs import LINES, LOG, MONITOR, THIEF, kept, line


def check(log: KeptLog, *known: Checkpoint) -> Verification:
    return check_log(log.log, log.lines, log.notes, known=known, keys=[MONITOR.public])


def with_lines(lines: Sequence[bytes]) -> KeptLog:
    """Return the log with other lines under the checkpoints of the true ones."""
    return replace(kept(), lines=tuple(lines))


def test_a_log_as_it_was_written_is_proven_and_its_end_only_by_a_checkpoint_kept_elsewhere() -> (
    None
):
    alone, compared = check(kept()), check(kept(), MONITOR.checkpoint(LINES))

    assert (alone.proven, alone.problems) == (7, ())
    assert alone.limits == (f"{LOG.origin}: {TAIL}",)
    assert compared == Verification(7)


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ((*LINES[:3], line(9), *LINES[4:]), "records 3 to 5"),
        ((*LINES[:3], *LINES[4:], line(9)), "records 3 to 5"),
        ((*LINES[:2], LINES[3], LINES[2], *LINES[4:]), "records 3 to 5"),
        ((line(9), *LINES), "records 1 to 2"),
    ],
    ids=["changed", "missing", "swapped", "added"],
)
def test_a_record_that_was_changed_removed_moved_or_added_is_found(
    lines: tuple[bytes, ...], where: str
) -> None:
    (problem,) = check(with_lines(lines)).problems

    assert problem.startswith(f"{LOG.origin}: {where} are not those that ")


def test_a_log_that_was_computed_again_without_the_key_is_found() -> None:
    lines = (*LINES[:3], line(9), *LINES[4:])
    notes = {LOG.checkpoint(7): THIEF.note(lines)}

    report = check(KeptLog(LOG, lines, notes))

    assert report.proven == 0
    assert [each.rpartition(": ")[2] for each in report.problems] == [
        "the note is signed by none of the given keys",
        "no valid checkpoint covers its 7 records",
    ]


def test_a_log_that_was_computed_again_with_the_stolen_key_is_found_by_a_known_checkpoint() -> None:
    forged = kept((*LINES[:3], line(9), *LINES[4:]))

    assert check(forged).problems == ()
    (problem,) = check(forged, MONITOR.checkpoint(LINES)).problems
    assert "the given checkpoint of 7 records covers" in problem


def test_a_tail_that_was_cut_is_found_by_its_checkpoint_here_or_elsewhere() -> None:
    both = kept(LINES[:5], (2, 5))

    (here,) = check(with_lines(LINES[:5])).problems
    (elsewhere,) = check(both, MONITOR.checkpoint(LINES)).problems
    alone = check(both)

    assert "the tail was cut" in here
    assert "the tail was cut: the given checkpoint of 7 records has 7 records" in elsewhere
    assert (alone.problems, alone.limits) == ((), (f"{LOG.origin}: {TAIL}",))


def test_records_that_no_checkpoint_has_yet_are_not_proven() -> None:
    report = check(kept(sizes=(2, 5)), MONITOR.checkpoint(LINES[:5]))

    assert report.proven == 5
    assert report.limits == (f"{LOG.origin}: the last 2 of 7 records, signed by no checkpoint yet",)


def test_a_log_without_a_checkpoint_proves_nothing() -> None:
    (problem,) = check(kept(sizes=())).problems

    assert "no valid checkpoint covers its 7 records" in problem


def test_a_checkpoint_of_another_log_is_named() -> None:
    text = MONITOR.note(LINES)
    log = replace(kept(), log=replace(LOG, shard="shard-4"), notes={"x": text})

    assert check(log).problems[0] == f"x: it is a checkpoint of {LOG.origin}"

"""A log is read one day at a time, and each pass gives the same lines."""

import pytest

from drift.evidence.archive import LogPart, archive_files
from drift.evidence.kept_logs import kept_logs
from drift.evidence.log_check import check_log, check_records
from drift.evidence.verification import Verification
from tests.drift.evidence.logs import LINES, LOG, MONITOR

DAYS = {LOG.day(f"2026-12-0{day}"): LINES[day - 1 : day] for day in range(1, len(LINES) + 1)}


class Files:
    """A store of one log, with a file for each day; notes each file that is read."""

    def __init__(self) -> None:
        self.content = {name: b"".join(b"%b\n" % each for each in DAYS[name]) for name in DAYS}
        self.content[LOG.checkpoint(len(LINES))] = MONITOR.note(LINES).encode()
        self.reads: list[str] = []

    def names(self) -> list[str]:
        return sorted(self.content)

    def read(self, name: str) -> bytes:
        self.reads.append(name)
        return self.content[name]

    @property
    def days(self) -> list[str]:
        return [each for each in self.reads if each in DAYS]


def test_no_day_is_read_before_its_lines_are_needed() -> None:
    files = Files()
    [kept] = kept_logs(files)
    assert files.days == []

    lines = iter(kept.lines)
    assert (next(lines), files.days) == (LINES[0], list(DAYS)[:1])
    assert (next(lines), files.days) == (LINES[1], list(DAYS)[:2])


def test_each_pass_gives_every_line() -> None:
    [kept] = kept_logs(Files())

    assert tuple(kept.lines) == tuple(kept.lines) == LINES
    assert (len(kept.lines), kept.lines[2], kept.lines[1:3]) == (7, LINES[2], LINES[1:3])
    with pytest.raises(IndexError):
        kept.lines[7]


def test_a_log_that_grows_after_it_was_counted_is_read_as_far_as_it_was() -> None:
    files = Files()
    [kept] = kept_logs(files)
    assert len(kept.lines) == 7

    files.content[LOG.day("2026-12-09")] = b"more\n"
    files.content[list(DAYS)[-1]] += b"more\n"

    assert tuple(kept.lines) == LINES


def test_an_archive_is_made_file_by_file() -> None:
    files = Files()
    [kept] = kept_logs(files)
    signed = kept.signed([MONITOR.public])
    made = archive_files([LogPart(LOG, kept.lines, signed, (0, 6))], [MONITOR.public], {}, {})
    records = (name for name, _ in made if name.startswith("records/"))

    next(records)
    assert files.days == [*DAYS, *list(DAYS)[:1]]
    next(records)
    assert files.days == [*DAYS, *DAYS]


def test_a_signed_line_that_is_no_record_is_a_problem_of_the_whole_log() -> None:
    odd = (*LINES[:1], b'{"format": "phidrift.evidence/1"}', *LINES[2:])
    notes = {LOG.checkpoint(7): MONITOR.note(odd)}
    known = [MONITOR.checkpoint(odd)]

    assert check_log(LOG, odd, notes, known=known, keys=[MONITOR.public]).problems == ()
    assert check_records(LOG, LINES) == Verification()
    assert check_records(LOG, odd).problems == (f"{LOG.origin}: record 2: the record has no uid",)


def test_many_unsound_records_are_counted() -> None:
    problems = check_records(LOG, [b""] * 25).problems

    assert (len(problems), problems[-1]) == (21, f"{LOG.origin}: 5 more records are unsound")

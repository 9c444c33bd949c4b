"""Each way to tamper with an archive is found, also where its manifest was made to fit."""

import json
from collections.abc import Callable

import pytest

from drift.evidence.archive import MANIFEST, manifest
from drift.evidence.archive_check import check_archive, keys_in
from drift.evidence.archive_scope import NOT_COUNTED, NOT_SIGNED
from drift.evidence.log_check import TAIL
from drift.evidence.proofs import RecordProof
from drift.evidence.verification import Verification
from tests.drift.evidence.logs import (
    INCIDENT,
    LINES,
    LOG,
    MONITOR,
    THIEF,
    archived,
    kept,
    line,
    other,
)

PLACE = f"{LOG.log}/{LOG.shard}"


def record(index: int) -> str:
    return f"records/{PLACE}/{index:012d}.json"


def proof(index: int) -> str:
    return f"proofs/{PLACE}/{index:012d}.txt"


ABOUT = f"the records are of incident {INCIDENT}: 4 of kind change"
GAP = (
    f"{LOG.origin}: that the 1 records between them are of other incidents: a delivery or an answer "
    "may be missing there"
)


def refitted(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with a manifest that fits them."""
    about = json.loads(files.pop(MANIFEST))
    selection = {"selection": about["selection"]}
    return {**files, MANIFEST: manifest(files, selection)}


def check(files: dict[str, bytes]) -> Verification:
    return check_archive(files, [MONITOR.public], [MONITOR.checkpoint(LINES)])


def test_an_archive_as_it_was_made_is_proven() -> None:
    places = f"{LOG.origin}: records 2 to 6 of 7 signed, 1 between them are not here"

    assert check(archived()) == Verification(4, (), (NOT_COUNTED, GAP), (ABOUT, places))
    assert keys_in(archived()) == [MONITOR.public]


def changed(files: dict[str, bytes]) -> str:
    files[record(2)] = line(2, severity="low")
    return "the record is not the one that was signed"


def missing(files: dict[str, bytes]) -> str:
    del files[record(2)], files[proof(2)]
    return "change 2 of the incident is missing"


def swapped(files: dict[str, bytes]) -> str:
    files[record(1)], files[record(2)] = files[record(2)], files[record(1)]
    return "the record is not the one that was signed"


def swapped_with_its_proof(files: dict[str, bytes]) -> str:
    swapped(files)
    files[proof(1)], files[proof(2)] = files[proof(2)], files[proof(1)]
    return "its proof belongs to another record"


def computed_again(files: dict[str, bytes]) -> str:
    forged = (*LINES[:2], line(2, severity="low"), *LINES[3:])
    files[record(2)] = forged[2]
    path = RecordProof.parse(files[proof(2)].decode()).path
    files[proof(2)] = RecordProof(2, path, THIEF.note(forged)).text.encode()
    return "the note is signed by none of the given keys"


def without_its_end(files: dict[str, bytes]) -> str:
    for name in [each for each in files if each.endswith(("7.txt", "5.txt", "5.json"))]:
        del files[name]
    older = archived(kept(LINES[:5], (2, 5)), (1, 2, 4))
    files.update({name: each for name, each in older.items() if name != MANIFEST})
    return "the tail was cut, or the archive was made before"


TAMPERINGS = [changed, missing, swapped, swapped_with_its_proof, computed_again, without_its_end]


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda each: each.__name__)
def test_tampering_is_found_although_the_manifest_was_made_to_fit(
    tamper: Callable[[dict[str, bytes]], str],
) -> None:
    files = archived()
    expected = tamper(files)

    problems = check(refitted(files)).problems

    assert any(expected in each for each in problems), problems


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda each: each.__name__)
def test_tampering_is_found_by_the_manifest(tamper: Callable[[dict[str, bytes]], str]) -> None:
    files = archived()
    tamper(files)

    assert any("manifest" in each or "is missing" in each for each in check(files).problems)


def test_the_end_of_an_open_incident_and_of_the_log_is_said_to_be_unproven() -> None:
    files = archived(kept(LINES[:5], (2, 5)), (1, 2, 4))

    report = check_archive(files, [MONITOR.public])

    assert (report.proven, report.problems) == (3, ())
    assert report.limits == (
        NOT_COUNTED,
        GAP,
        "that the incident has no later record: its end is not in this archive",
        f"{LOG.origin}: {TAIL}",
    )


def step(number: int) -> bytes:
    """Return the record of a step of the breach clock, after change 2 of the incident."""
    return line(5, kind="step", sequence=2, step={"number": number})


def checked(lines: tuple[bytes, ...], chosen: tuple[int, ...]) -> Verification:
    log = kept(lines, (len(lines),))
    known = [MONITOR.checkpoint(lines)]
    return check_archive(archived(log, chosen), [MONITOR.public], known)


def test_a_step_of_the_breach_clock_that_is_missing_is_found() -> None:
    lines = (line(1), line(2), step(1), step(2), step(3), line(3), line(4))

    assert checked(lines, (0, 1, 2, 3, 4, 5, 6)).problems == ()
    assert checked(lines, (0, 1, 2, 3, 4, 5, 6)).limits == (NOT_COUNTED,)
    assert checked(lines, (0, 1, 2, 4, 5, 6)).problems == ("step 2 of the breach clock is missing",)


def test_steps_after_changes_that_were_made_without_evidence_are_no_gap() -> None:
    report = checked((other(1), step(3), step(4)), (1, 2))

    assert report.problems == ()
    assert "what the first 2 steps of the breach clock were: no record" in report.limits


def test_a_change_that_only_a_step_still_names_is_missing() -> None:
    assert checked((line(1), line(2), step(1)), (0, 2)).problems == (
        "change 2 of the incident is missing",
    )


def test_a_first_change_that_only_its_delivery_still_names_is_missing() -> None:
    delivery = line(1, kind="delivery")
    lines = (line(1), delivery, line(2), line(3), line(4))

    assert checked(lines, (0, 1, 2, 3, 4)).problems == ()
    assert checked(lines, (1, 2, 3, 4)).problems == ("change 1 of the incident is missing",)
    assert "what the first 1 changes of the incident were: no record" in (
        checked(lines, (2, 3, 4)).limits
    )


def test_an_archive_of_a_time_has_no_gap() -> None:
    files = selected({"from": DAY, "to": NEXT_DAY}, 1, 2, 3, 4)
    report = check(files)

    assert (report.proven, report.problems) == (4, ())
    assert report.shows == (
        "the records are of 2 incidents: 4 of kind change",
        f"{LOG.origin}: records 2 to 5 of 7 signed, without a gap",
    )
    assert report.limits == (
        NOT_SIGNED,
        f"{LOG.origin}: that no record before record 2 or after record 5 is of this time",
    )
    del files[record(3)], files[proof(3)]
    assert check(refitted(files)).problems == (f"{LOG.origin}: record 4 is missing",)


def selected(selection: object, *chosen: int) -> dict[str, bytes]:
    """Return an archive of these records, whose manifest has this selection."""
    files = archived(chosen=chosen)
    about = json.loads(files.pop(MANIFEST))
    return {**files, MANIFEST: manifest(files, {**about, "selection": selection})}


DAY, NEXT_DAY = "2026-12-02T00:00:00+00:00", "2026-12-03T00:00:00+00:00"


def test_a_part_of_an_incident_does_not_look_whole_by_a_forged_selection() -> None:
    report = check(selected({"from": DAY, "to": NEXT_DAY}, 1, 2))

    assert f"the records are of incident {INCIDENT}: 2 of kind change" in report.shows
    assert NOT_SIGNED in report.limits
    assert f"{LOG.origin}: that no record before record 2 or after record 3 is of this time" in (
        report.limits
    )


def test_a_selection_of_another_incident_or_another_time_is_found() -> None:
    (*_, last) = check(selected({"incident": "ef" * 32}, 1)).problems
    (of_another_time,) = check(selected({"from": NEXT_DAY, "to": NEXT_DAY}, 1)).problems

    assert last == f"{LOG.origin}: record 2 is of another incident"
    assert of_another_time == f"{LOG.origin}: no record is of the time that the manifest names"


@pytest.mark.parametrize("selection", [None, {}, [], "all", {"incident": 7}, {"from": DAY}])
def test_an_archive_that_names_no_selection_is_refused(selection: object) -> None:
    (problem,) = check(selected(selection, 1, 2)).problems

    assert problem == "the manifest names no incident and no time: it is not known what is missing"


def test_between_records_without_a_gap_no_delivery_or_answer_is_missing() -> None:
    lines = (line(1), line(1, kind="delivery"), line(2), line(3), line(4))

    assert checked(lines, (0, 1, 2, 3, 4)).limits == (NOT_COUNTED,)
    assert (
        f"{LOG.origin}: that the 1 records between them" in checked(lines, (0, 2, 3, 4)).limits[1]
    )


def test_a_report_with_a_problem_says_of_nothing_that_it_is_proven() -> None:
    report = check(selected(None, 1, 2))

    assert report.shows
    assert not [each for each in report.lines if each.startswith("proven:")]


def test_a_checkpoint_kept_elsewhere_is_found_among_those_of_the_archive() -> None:
    other = [MONITOR.checkpoint((*LINES[:4], line(9)))]

    assert (
        check_archive(archived(), [MONITOR.public], [MONITOR.checkpoint(LINES[:5])]).problems == ()
    )
    (problem,) = check_archive(archived(), [MONITOR.public], other).problems
    assert problem == f"{LOG.origin}: the first 5 records are not those of the given checkpoint"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": "other/2", "files": {}}'])
def test_an_archive_without_a_sound_manifest_proves_nothing(content: bytes) -> None:
    report = check({**archived(), MANIFEST: content})

    assert (report.proven, len(report.problems)) == (0, 1)


def test_an_archive_without_records_proves_nothing() -> None:
    report = check(archived(chosen=()))

    assert "the archive has no record with a valid signature" in report.problems

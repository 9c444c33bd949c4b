"""A record or a file of any unsound form is a problem that is named: never an error, never proven."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from drift.evidence.archive import MANIFEST, manifest
from drift.evidence.archive_check import check_archive, keys_in
from drift.evidence.notes import BadNote
from drift.evidence.verification import Verification
from tests.drift.evidence.logs import LINES, MONITOR, archived, kept, line

FIELDS = ("format", "kind", "at", "incident", "uid", "control", "resource", "sequence")
DEEP: Any = json.loads("[" * 400 + "]" * 400)
WRONG: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, 10**30, "", "x", [], {}, [1], DEEP)
ODD_LINES = {
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b"7",
    "no UTF-8": b'{"at": "\xff"}',
    "nested": b"[" * 200_000 + b"]" * 200_000,
    "a huge number": b'{"sequence": ' + b"9" * 10_000 + b"}",
    "a huge float": line(3).replace(b'"sequence": 3', b'"sequence": 1e999'),
    "not a number": line(3).replace(b'"sequence": 3', b'"sequence": NaN'),
    "a name twice": line(3).replace(b'"sequence": 3', b'"sequence": 9, "sequence": 3'),
    "no zone": line(3, at="2026-12-02T09:03:00"),
    "a huge step": line(3, kind="step", step={"number": 10**12}),
    "a step without a number": line(3, kind="step", step={}),
    "a step that is none": line(3, kind="step", step=DEEP),
}


def checked(record: bytes) -> Verification:
    """Return what an archive proves in which this signed record stands between others."""
    lines = (line(1), line(2), record, line(4))
    files = archived(kept(lines, (4,)), (0, 1, 2, 3))
    return check_archive(files, [MONITOR.public], [MONITOR.checkpoint(lines)])


def assert_is_found(report: Verification) -> None:
    assert any("000000000002.json: the record" in each for each in report.problems)
    assert report.lines[-1].startswith("FAILED")
    assert not [each for each in report.lines if each.startswith("proven:")]


def without(name: str) -> bytes:
    found = json.loads(line(3))
    del found[name]
    return json.dumps(found).encode()


@pytest.mark.parametrize("name", FIELDS)
def test_a_signed_record_without_a_field_is_found(name: str) -> None:
    assert_is_found(checked(without(name)))


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", WRONG, ids=lambda each: str(each)[:12])
def test_a_signed_record_with_a_field_of_another_form_is_found_or_is_another_record(
    name: str, value: Any
) -> None:
    is_text = name in ("kind", "incident", "uid", "resource") and value == "x"

    report = checked(line(3, **{name: value}))

    if is_text:  # a text is a text: it is then a record of another kind, incident or resource
        assert name not in ("kind", "incident") or report.problems
    else:
        assert_is_found(report)


@pytest.mark.parametrize("name", ODD_LINES)
def test_a_signed_line_that_is_no_record_is_found(name: str) -> None:
    assert_is_found(checked(ODD_LINES[name]))


def test_a_very_high_number_is_a_gap_and_costs_no_memory() -> None:
    report = checked(line(3, sequence=10**9))

    assert "changes 5 to 999999999 of the incident are missing" in report.problems


def test_a_very_distant_record_is_a_gap_and_costs_no_memory() -> None:
    files = archived()
    moved = {name.replace("000000000005", "099999999999"): each for name, each in files.items()}

    assert check_archive(moved, [MONITOR.public]).problems


def deleted(_: bytes) -> None:
    return None


MANGLED: dict[str, Callable[[bytes], bytes | None]] = {
    "deleted": deleted,
    "empty": lambda _: b"",
    "binary": lambda _: bytes(range(256)),
    "no UTF-8": lambda content: b"\xff\xfe" + content,
    "a surrogate": lambda content: content + b"\xed\xa0\x80",
    "cut": lambda content: content[: len(content) // 2],
    "twice": lambda content: content * 2,
    "nested": lambda _: b"[" * 200_000,
    "long": lambda content: content + b"x" * 100_000,
    "line feeds": lambda content: content.replace(b"\n", b"\r\n"),
    "digits of another script": lambda content: content.replace(b"5", "٥".encode()),
}


@pytest.mark.parametrize("name", sorted(archived()))
@pytest.mark.parametrize("change", MANGLED)
@pytest.mark.parametrize("is_refitted", [True, False])
def test_a_mangled_file_is_found_or_changes_no_record(
    name: str, change: str, is_refitted: bool
) -> None:
    files = archived()
    whole = files.pop(name)
    mangled = MANGLED[change](whole)
    if mangled is not None:
        files[name] = mangled
    if is_refitted and name != MANIFEST:
        about = {"selection": json.loads(files.pop(MANIFEST))["selection"]}
        files[MANIFEST] = manifest(files, about)

    report = check_archive(files, [MONITOR.public], [MONITOR.checkpoint(LINES)])

    if name != MANIFEST and mangled != whole and not is_refitted:
        assert report.problems
    records = {each: text for each, text in files.items() if each.startswith("records/")}
    assert report.problems or set(records.values()) <= set(LINES)


@pytest.mark.parametrize("change", MANGLED)
def test_a_mangled_key_is_refused(change: str) -> None:
    files = archived()
    (name,) = (each for each in files if each.startswith("keys/"))
    mangled = MANGLED[change](files[name])
    files[name] = mangled or b""

    with suppress(BadNote):
        assert keys_in(files) == [MONITOR.public]


MANIFESTS = {
    "nested": b"[" * 200_000,
    "files that are no texts": b'{"format": "phidrift.evidence-archive/1", "files": {"a": 1}}',
    "a huge number": b'{"format": ' + b"9" * 10_000 + b"}",
    "no UTF-8": b"\xff",
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_of_any_form_is_refused(name: str) -> None:
    report = check_archive({**archived(), MANIFEST: MANIFESTS[name]}, [MONITOR.public])

    assert report.problems


@pytest.mark.parametrize("value", WRONG, ids=lambda each: str(each)[:12])
@pytest.mark.parametrize("name", ["incident", "from", "to"])
def test_a_selection_of_any_form_is_a_problem(name: str, value: Any) -> None:
    files = archived()
    del files[MANIFEST]
    files[MANIFEST] = manifest(files, {"selection": {name: value}})

    assert check_archive(files, [MONITOR.public]).problems

"""A file that is no sound archive is refused in words, and what is printed obeys no one."""

import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cli.evidence_archive.verifier_files import verifier_files
from drift.evidence.notes import BadNote
from drift.evidence.verifier import archive_report, given_keys
from tests.drift.evidence.logs import LINES, MONITOR, archived

KEYS = [MONITOR.public.text]


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def mangled(content: bytes, seed: int) -> bytes:
    """Return an archive with some bytes changed, cut out or doubled."""
    chance = random.Random(seed)
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found))
        match chance.randrange(3):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                del found[at : at + chance.randint(1, 40)]
            case _:
                found[at:at] = found[at : at + chance.randint(1, 40)]
    return bytes(found)


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_archive_is_refused_or_still_holds_what_was_signed(
    seed: int, tmp_path: Path
) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(mangled(zipped(archived()), seed))

    try:
        report = archive_report(path, KEYS, [])
    except BadNote:
        return
    assert report.problems or report.proven == 4


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_is_compressed_otherwise_is_refused(
    compression: int, tmp_path: Path
) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(zipped(archived(), compression))

    with pytest.raises(BadNote, match="compressed in another way"):
        archive_report(path, KEYS, [])


def test_a_key_or_a_checkpoint_that_is_no_text_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    odd.write_bytes(b"\xff\xfe\x00")
    path = tmp_path / "evidence.zip"
    path.write_bytes(zipped(archived()))

    with pytest.raises(BadNote):
        given_keys([str(odd)])
    with pytest.raises(BadNote):
        given_keys(["a\0b"])
    with pytest.raises(BadNote):
        archive_report(path, KEYS, [str(odd)])


def test_the_verifier_in_the_archive_prints_no_command_of_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    odd = {"\x1b[2Jrecords/OK": LINES[0], "long" * 1000: b"", "\ud7ff\u202e": b""}
    path.write_bytes(zipped({**archived(), **verifier_files(), **odd}))

    done = subprocess.run(
        [sys.executable, "-I", str(path)],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        check=False,
        text=True,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 500
    assert done.stdout.splitlines()[-1] == "FAILED: do not rely on this evidence"

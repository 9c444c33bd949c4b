"""The verifier of an archive, which runs from the archive itself: ``python3 -I ARCHIVE``.

It needs Python 3.11 or later and nothing else.
"""

import argparse
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from drift.evidence.archive_check import check_archive, keys_in
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.notes import BadNote, PublicKey
from drift.evidence.verification import Verification

_MOST_BYTES: Final = 2 * 1024**3
"""Maximum size of an unpacked archive in bytes; anything larger is not our archive."""

_LONGEST: Final = 500
"""Maximum length of a line that is printed."""

_COMPRESSIONS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_NO_ARCHIVE: Final = "the archive is damaged, or is no archive"
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, LookupError),
)
"""What the library for zip archives raises on damaged ones, beside OSError without a name."""


def main(argv: Sequence[str] | None = None) -> int:
    """Verify the archive that this module was loaded from, and print the result."""
    parser = argparse.ArgumentParser(prog="ARCHIVE", description="Verify this archive of evidence.")
    parser.add_argument("--key", action="append", default=[], help=KEY_HELP)
    parser.add_argument("--checkpoint", action="append", default=[], help=CHECKPOINT_HELP)
    args = parser.parse_args(argv)
    try:
        report = archive_report(Path(sys.argv[0]), args.key, args.checkpoint)
    except (BadNote, OSError) as error:
        report = Verification(problems=(str(error),))
    sys.stdout.write("".join(f"{_printable(each)}\n" for each in report.lines))
    return 1 if report.problems else 0


def _printable(line: str) -> str:
    """Return a line that no terminal obeys: a forged record or file may be named after a command of it."""
    shown = "".join(each if each.isprintable() else "?" for each in line[:_LONGEST])
    encoding = sys.stdout.encoding or "ascii"
    return shown.encode(encoding, "replace").decode(encoding)


KEY_HELP: Final = (
    "a public key that you know to be the monitor's, or a file with it; else the archive's own"
)
CHECKPOINT_HELP: Final = "a file with a checkpoint that was kept elsewhere, such as in the SIEM"


def archive_report(path: Path, keys: Iterable[str], checkpoints: Iterable[str]) -> Verification:
    """Return what an archive proves; raise BadNote or OSError where it cannot be read."""
    files = read_archive(path)
    given = given_keys(keys)
    trusted = given or keys_in(files)
    known = given_checkpoints(checkpoints, trusted)
    return check_archive(files, trusted, known) + key_limit(trusted, is_given=bool(given))


def read_archive(path: Path) -> dict[str, bytes]:
    """Return the files of an archive by name; raise BadNote or OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = [each.filename for each in entries]
            if sum(each.file_size for each in entries) > _MOST_BYTES or len({*names}) < len(names):
                raise BadNote("the archive is too large, or holds a name twice")
            if {each.compress_type for each in entries} - _COMPRESSIONS:
                raise BadNote("the archive is compressed in another way than the monitor's are")
            return {name: archive.read(name) for name in names}
    except BadNote:
        raise
    except OSError as error:
        if error.filename:  # the file cannot be opened
            raise
        raise BadNote(_NO_ARCHIVE) from None
    except _DAMAGED:
        raise BadNote(_NO_ARCHIVE) from None


def given_keys(texts: Iterable[str]) -> list[PublicKey]:
    """Return public keys, each given as its text or as a file with it; raise BadNote or OSError."""
    return [PublicKey.parse(each if "+" in each else _read(each)) for each in texts]


def given_checkpoints(paths: Iterable[str], keys: Sequence[PublicKey]) -> list[Checkpoint]:
    """Return checkpoints that were kept elsewhere, verified; raise BadNote or OSError."""
    return [verified(_read(each), keys) for each in paths]


def key_limit(keys: Sequence[PublicKey], *, is_given: bool) -> Verification:
    """Return what the chosen keys cannot prove."""
    if is_given:
        return Verification()
    named = " and ".join(f"{each.name}+{each.id.hex()}" for each in keys) or "none"
    why = "compare it with what the operator noted, or give it with --key"
    return Verification(
        limits=(f"that the key kept with the evidence is the monitor's ({named}): {why}",)
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except ValueError:
        raise BadNote("the name of a file has a null character") from None

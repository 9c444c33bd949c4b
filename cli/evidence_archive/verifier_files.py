"""The files with which an archive verifies itself: this project's own modules, as they are here."""

from pathlib import Path
from typing import Final

import drift
from drift.evidence import (
    archive,
    archive_check,
    archive_scope,
    checkpoints,
    ed25519,
    log_check,
    log_names,
    merkle,
    notes,
    p256,
    placed_record,
    proofs,
    verification,
    verifier,
)

_MODULES: Final = (
    *(drift, archive, archive_check, archive_scope, checkpoints, ed25519),
    *(log_check, log_names, merkle, notes, p256, placed_record, proofs, verification, verifier),
)
_MAIN: Final = '''"""Verify the archive: python3 -I ARCHIVE"""

import sys

from drift.evidence.verifier import main

sys.exit(main())
'''


def verifier_files() -> dict[str, bytes]:
    """Return the files by their names in the archive."""
    root = Path(drift.__path__[0]).parent
    paths = [Path(str(each.__file__)) for each in _MODULES]
    paths.append(root / "drift" / "evidence" / "__init__.py")
    found = {each.relative_to(root).as_posix(): each.read_bytes() for each in paths}
    return {"__main__.py": _MAIN.encode(), **found}

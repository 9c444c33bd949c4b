"""The evidence log in files of a folder."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.evidence.signer import CUT, LazySigner, Signer
from adapters.file_remedies import remedy_of
from drift.errors import EvidenceUnavailable
from drift.evidence.notes import PublicKey


class EvidenceFiles:
    """Implements ``drift.ports.EvidenceLog``; the owner alone reads the files. The key is read on use."""

    def __init__(self, folder: Path, key: Callable[[], Signer]) -> None:
        self._folder = folder
        self._key = LazySigner(key)

    @property
    def public_key(self) -> PublicKey:
        """Return the key by which the signatures are verified."""
        return self._key.public

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""
        return self._key.sign(text)

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Write these bytes into a file at an offset; bytes that are already there stay.

        A process that writes the same bytes at the same time, or did so before, does no harm.
        """
        with _refusing(name, self._folder / name):
            path = self._path(name)
            is_new = not path.exists()
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _append(file, name, offset, data)
                os.fsync(file)
            finally:
                os.close(file)
            if is_new:
                _sync_folder(path.parent)

    def create(self, name: str, data: bytes) -> None:
        """Create a file with these bytes, completely or not at all; an existing file stays."""
        with _refusing(name, self._folder / name):
            path = self._path(name)
            if path.exists():
                return
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                with suppress(FileExistsError):  # another process was first
                    os.link(file.name, path)
            _sync_folder(path.parent)

    def names(self) -> list[str]:
        """Return the name of every file, in order."""
        with _refusing("the folder", self._folder):
            files = (each for each in self._folder.rglob("*") if each.is_file())
            return sorted(each.relative_to(self._folder).as_posix() for each in files)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with _refusing(name, self._folder / name):
            return (self._folder / name).read_bytes()

    def close(self) -> None:
        """Close the signer; no call may follow."""
        self._key.close()

    def _path(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def _append(file: int, name: str, offset: int, data: bytes) -> None:
    there = os.pread(file, len(data), offset)
    if os.fstat(file).st_size < offset or not data.startswith(there):
        raise EvidenceUnavailable(
            f"{name} was cut or changed after it was written, so the monitor adds nothing to it",
            CUT,
        )
    left, at = memoryview(data)[len(there) :], offset + len(there)
    while left:
        written = os.pwrite(file, left, at)
        left, at = left[written:], at + written


def _sync_folder(folder: Path) -> None:
    """Make sure that the name of a new file survives a loss of power."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _refusing(name: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise EvidenceUnavailable(
            f"{name} in EVIDENCE_STORE: {why}", remedy_of(error, path)
        ) from None

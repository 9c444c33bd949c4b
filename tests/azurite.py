"""Microsoft's storage emulator on free ports, with a separate account for each test."""

import base64
import itertools
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from drift.config.storage_account import StorageAccount, by_connection_string

SCRIPT = Path(__file__).parents[1] / "node_modules/azurite/dist/src/azurite.js"
KEY = base64.b64encode(b"not a secret").decode()
ACCOUNTS = 1000
"""More than a run asks for: they must be named before it starts."""

_SAID = "service is successfully listening at "


class Azurite:
    """A running emulator. What is in one account is not in another."""

    def __init__(self, said: Sequence[str]) -> None:
        self._urls = {line.split()[1]: line.split()[-1] for line in said}
        self._names = map(_name, itertools.count())

    def url(self, kind: str) -> str:
        """Return the address of a service in an account that nobody has used."""
        return f"{self._urls[kind]}/{next(self._names)}"

    def connection_string(self) -> str:
        """Return the connection string of an account that nobody has used."""
        name = next(self._names)
        endpoints = (f"{kind}Endpoint={url}/{name}" for kind, url in self._urls.items())
        return ";".join((f"AccountName={name};AccountKey={KEY}", *endpoints))

    def account(self) -> StorageAccount:
        """Return an account that nobody has used."""
        return by_connection_string(self.connection_string())


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Azurite]:
    """Run the emulator with its files in ``folder``; it is killed at the end."""
    ports = ("--blobPort", "0", "--queuePort", "0", "--tablePort", "0")
    behaviour = ("--skipApiVersionCheck", "--disableTelemetry", "--silent")
    accounts = ";".join(f"{_name(number)}:{KEY}" for number in range(ACCOUNTS))
    process = subprocess.Popen(
        ["node", str(SCRIPT), "--location", str(folder), *ports, *behaviour, *arguments],
        env={**os.environ, "AZURITE_ACCOUNTS": accounts},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            said = (line for line in process.stdout if _SAID in line)
            started = list(itertools.islice(said, 3))
            assert len(started) == 3, "Azurite did not start"
            yield Azurite(started)
        finally:
            process.kill()


def _name(number: int) -> str:
    return f"clinic{number:04}"

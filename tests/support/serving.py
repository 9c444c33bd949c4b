"""phidrift serve as a process of its own, around the fixture app."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tests.functions_host.hosting import eventually, notify

ROOT = Path(__file__).resolve().parents[2]
APP = Path(__file__).parents[1] / "functions_host" / "app"


class Place:
    """A folder with the fixture app in it, its state and the journal of what its functions did."""

    def __init__(self, folder: Path) -> None:
        self.app = folder / "app"
        self.journal = folder / "journal"
        self._state = folder / "state.db"
        shutil.copytree(APP, self.app, ignore=shutil.ignore_patterns("__pycache__"))
        self.journal.touch()

    def lines(self, function: str) -> list[str]:
        """Return the notes of a function."""
        lines = [each.split(" ", 1) for each in self.journal.read_text().splitlines()]
        return [text for name, text in lines if name == function]

    def command(self, *arguments: str) -> list[str]:
        """Return the command that serves the app."""
        port = () if "--port" in arguments else ("--port", "0")
        return [sys.executable, "-m", "cli", "serve", *port, *arguments]

    def env(self, **values: str) -> dict[str, str]:
        """Return an environment with only what the app needs and these values."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "STATE_STORE": f"sqlite:{self._state}",
            "FIXTURE_JOURNAL": str(self.journal),
            "FIXTURE_GREETING": "hello",
            "BEAT_SCHEDULE": "0 0 0 30 2 *",
            "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.05",
            **values,
        }

    @contextmanager
    def served(self, *arguments: str, **values: str) -> Iterator["Served"]:
        """Serve the app; it is killed at the end if it still runs."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.app,
            env=self.env(**values),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield Served.ready(process)
            finally:
                process.kill()

    def refused(self, *arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
        """Run the command where it is expected to end by itself."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.app,
            env=self.env(**values),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


class Served:
    """A process that serves."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    @classmethod
    def ready(cls, process: subprocess.Popen[str]) -> Self:
        """Wait for the ready line."""
        assert process.stdout
        line = process.stdout.readline().strip()
        assert line.startswith("phidrift ready on http://127.0.0.1:"), line
        return cls(process, line.split()[-1])

    def order(self, *orders: dict[str, str]) -> int:
        """Deliver one event an order; return the answer's status."""
        return notify(
            self.url, "accept", *({"id": each["id"], "data": each} for each in orders)
        ).status

    def order_death(self, name: str) -> bool:
        """Deliver an event that crashes the process; return whether it ended.

        The crash may come before the answer to the delivery has been sent.
        """
        with suppress(ConnectionError):
            self.order({"id": name, "do": "die"})
        return self.ended()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def ended(self) -> bool:
        """Wait until it has ended by itself."""
        return eventually(lambda: self.process.poll() is not None)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end; return its exit status and its standard error."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said

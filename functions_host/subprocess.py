"""``phidrift serve`` as a process of its own, for the demo, the bench and the tests."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drift.config import app_settings
from notifiers.channels import CHANNELS

PATIENCE_SECONDS: Final = 60.0

_READY: Final = "phidrift ready on "
_LOOK_SECONDS: Final = 0.01
_ROOT: Final = Path(__file__).resolve().parent.parent
_FOREIGN: Final = ("WEBSITE_SITE_NAME", "AZURE_FUNCTIONS_ENVIRONMENT", "AzureWebJobsStorage")


class NotServing(Exception):
    """The app did not start; the message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Served:
    """A process that serves: its address, and the file that holds its output."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def webhook(self) -> str:
        """Return the address that Event Grid delivers to."""
        return f"{self.url}/runtime/webhooks/EventGrid?functionName=resource_changed"


@contextlib.contextmanager
def served(folder: Path, environment: Mapping[str, str], monitor_toml: str) -> Iterator[Served]:
    """Serve with state, queues and log in ``folder``, ticking each second; raise NotServing.

    A folder that was served before continues with its state.
    """
    config, log = folder / "monitor.toml", folder / "serve.log"
    config.write_text(monitor_toml, encoding="utf-8")
    own = {
        "STATE_STORE": f"sqlite:{folder / 'state.db'}",
        "MONITOR_CONFIG": str(config),
        "TICK_SCHEDULE": "* * * * * *",
    }
    with log.open("ab") as said:
        began = said.tell()
        process = subprocess.Popen(
            (sys.executable, "-m", "cli", "serve", "--port", "0"),
            cwd=folder,  # files that stand beside the state are written here too
            env={**_inherited(), **own, **environment, "PYTHONPATH": str(_ROOT)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Served(process, _address(process, log, began), log)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _inherited() -> dict[str, str]:
    """Return the environment with the product's settings empty, so that no settings file fills them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AzureFunctionsJobHost__")
    }
    return kept | dict.fromkeys((*app_settings.names(CHANNELS), *_FOREIGN), "")


def _address(process: subprocess.Popen[bytes], log: Path, began: int) -> str:
    """Wait for the ready line, after the output of earlier processes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        ended = process.poll() is not None
        said = log.read_bytes()[began:].decode(errors="replace")
        found = [each for each in said.splitlines(keepends=True) if each.startswith(_READY)]
        if found and found[0].endswith("\n"):
            return found[0].removeprefix(_READY).strip()
        if ended or time.monotonic() > deadline:
            raise NotServing(f"phidrift serve did not start:\n{said}")
        time.sleep(_LOOK_SECONDS)

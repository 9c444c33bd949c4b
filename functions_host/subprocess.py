"""``phidrift serve`` as a process of its own, for the demo, the bench and the tests."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drift.config import app_settings
from functions_host.process.stopping import GRACE_SECONDS, StopRequests
from notifiers.channels import CHANNELS

PATIENCE_SECONDS: Final = 60.0
"""How long the process may take to start."""

_STOP_SECONDS: Final = GRACE_SECONDS + 5
_KILL_SECONDS: Final = 5.0
_READY: Final = "phidrift ready on "
_POLL_SECONDS: Final = 0.01
_ROOT: Final = Path(__file__).resolve().parent.parent
_FOREIGN: Final = ("WEBSITE_SITE_NAME", "AZURE_FUNCTIONS_ENVIRONMENT", "AzureWebJobsStorage")


class NotServing(Exception):
    """The app did not start; the message is what it printed."""


@dataclass(frozen=True, slots=True)
class Served:
    """A process that serves: its address, and the file that takes its output."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def webhook(self) -> str:
        """Return the address that Event Grid delivers to."""
        return f"{self.url}/runtime/webhooks/EventGrid?functionName=resource_changed"


@contextlib.contextmanager
def served(
    folder: Path,
    environment: Mapping[str, str],
    monitor_toml: str,
    *,
    stop: StopRequests | None = None,
    module: str = "cli",
) -> Iterator[Served]:
    """Serve with state, queues and log in ``folder``, ticking each second; raise NotServing.

    State that the folder already holds is used again. The process ends when this one does, however
    this one ends. ``stop`` interrupts the start, and kills the process where it ends this one at once.
    ``module`` has the command phidrift.
    """
    config, log = folder / "monitor.toml", folder / "serve.log"
    config.write_text(monitor_toml, encoding="utf-8")
    own = {
        "STATE_STORE": f"sqlite:{folder / 'state.db'}",
        "MONITOR_CONFIG": str(config),
        "TICK_SCHEDULE": "* * * * * *",
    }
    with log.open("ab") as output:
        began = output.tell()
        process = subprocess.Popen(  # noqa: S603 - a module of the project and fixed words
            (sys.executable, "-m", module, "serve", "--port", "0", "--until-stdin-closes"),
            cwd=folder,  # files that belong beside the state stay here too
            env={**_inherited(), **own, **environment, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,  # closed by the system when this process ends
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops that one
        )
    if stop:
        stop.before_end(lambda: _kill(process))
    try:
        yield Served(
            process, _address(process, log, began, stop.pause if stop else time.sleep), log
        )
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the process in order, or kill it if that takes too long."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
    if process.stdin:
        process.stdin.close()  # not before: its end would be the second request to stop


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(_KILL_SECONDS)


def _inherited() -> dict[str, str]:
    """Return the environment with the product's settings empty, so that no settings file fills them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AzureFunctionsJobHost__")
    }
    return kept | dict.fromkeys((*app_settings.all_setting_names(CHANNELS), *_FOREIGN), "")


def _address(
    process: subprocess.Popen[bytes], log: Path, began: int, pause: Callable[[float], object]
) -> str:
    """Wait for the ready line, beyond what an earlier process wrote."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        ended = process.poll() is not None
        output = log.read_bytes()[began:].decode(errors="replace")
        found = [each for each in output.splitlines(keepends=True) if each.startswith(_READY)]
        if found and found[0].endswith("\n"):
            return found[0].removeprefix(_READY).strip()
        if ended or time.monotonic() > deadline:
            raise NotServing(f"phidrift serve did not start:\n{output}")
        pause(_POLL_SECONDS)

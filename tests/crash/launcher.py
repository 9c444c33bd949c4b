"""``phidrift serve`` unchanged, except that it kills itself (SIGKILL) at a chosen point.

    python -m tests.crash.launcher

One line of JSON on stdin asks for one process: ``env`` its environment, ``clock`` the file of its
clock, ``dies_at`` the name of a point or "", ``trace`` a file for the names of all points passed or
"". On stdout come the ready line of ``serve`` and, when the process has ended, ``ended``. Any other
line, or the end of stdin, kills it. Everything is imported once, here, and each process is a fork:
so one starts in a few milliseconds.

The product has no switch for this. The modules that the host imports by name, the composition root
and the queues, stand here with each call that leaves a mark wrapped; all else is what is shipped.
"""

import functools
import importlib
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import adapters.queues.sqlite
import bootstrap
import functions_host.timers.leases
from drift.pipeline import Monitor
from tests.crash.clock import SharedClock
from tests.crash.points import Counted, Pass, methods_of, running, watched, watching

_PRELOADED: Final = (
    *(
        "adapters.arm.reader",
        "adapters.azure_http.credential",
        "adapters.defender.reader",
        "adapters.log_analytics.activity_log",
        "adapters.store.sqlite",
        "adapters.store.tables",
    ),
    "notifiers.channels",
    *("azure.functions", "azure.identity", "cli.__main__"),
)
_LOOK_SECONDS: Final = 0.005


class Life:
    """The plan of the process that will be forked: its clock, and where it dies."""

    def __init__(self) -> None:
        self.dies_at = ""
        self.trace = ""
        self.clock: SharedClock | None = None
        self.points = Counted(self._reached)

    def _reached(self, point: str) -> None:
        if self.trace:
            with Path(self.trace).open("a", encoding="utf-8") as file:
                file.write(f"{point}\n")
        if point == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()


class NamedMonitor:
    """The monitor; what it runs names the points passed meanwhile."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._monitor, name)
        if name not in methods_of(Monitor):
            return found

        def call(*args: Any) -> Any:
            with running(name):
                return found(*args)

        return call


def stand_in(real: ModuleType, **instead: Any) -> None:
    """Replace a module for later imports by one that differs only in this."""
    module = ModuleType(real.__name__, real.__doc__)
    vars(module).update({**vars(real), **instead})
    sys.modules[real.__name__] = module


def composed(life: Life) -> Callable[[], NamedMonitor]:
    """Return what ``bootstrap.monitor`` is to be: the same parts, watched, by the shared clock."""

    @functools.cache
    def monitor() -> NamedMonitor:
        services = bootstrap.services(*bootstrap.load_configuration(os.environ))
        services = replace(services, clock=life.clock or services.clock)
        return NamedMonitor(Monitor(watched(services, life.points)))

    return monitor


def prepare() -> Life:
    """Put the watched modules in place, and import everything that serving needs."""
    life = Life()
    told: Pass = life.points
    queues, claims = adapters.queues.sqlite, functions_host.timers.leases
    stand_in(queues, SqliteQueues=watching(queues.SqliteQueues, told))
    stand_in(claims, TimerClaims=watching(claims.TimerClaims, told))
    stand_in(bootstrap, monitor=composed(life))
    for name in _PRELOADED:
        importlib.import_module(name)
    return life


def main() -> None:
    """Fork a process for each order, one at a time, until stdin ends."""
    life = prepare()
    for line in iter(sys.stdin.readline, ""):
        if not line.startswith("{"):
            continue  # meant for a process that had ended by itself
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _serve(life, order)
        _watch(pid)
        print("ended", flush=True)


def _serve(life: Life, order: dict[str, Any]) -> None:
    """Be the process; never returns."""
    os.environ.clear()
    os.environ.update(order["env"])
    life.dies_at, life.trace = order["dies_at"], order["trace"]
    life.clock = SharedClock(Path(order["clock"]))
    serve = importlib.import_module("cli.__main__")
    os._exit(serve.main(["serve", "--port", "0"]))


def _watch(pid: int) -> None:
    """Wait until the process ends, or kill it when asked to."""
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            sys.stdin.readline()
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return


if __name__ == "__main__":
    main()

"""Measure a sweep of many resources: its memory, and the latency of alerts during it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.store.sqlite import SqliteStore
from bench.scene import AlertMissing, Latency, Scene, post
from bench.swept_estate import NAME, swept_estate
from cli.demonstration.received import OPENED, ReceivedMessage, received_messages
from drift.state.sweep_state import Phase, Sweep, find_sweep
from functions_host.subprocess import Served
from sandbox.clinic.estate import SUBSCRIPTION, clinic
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox

SIZES: Final = (1_000, 10_000)
FEW: Final = (100, 300)

_ALERTS: Final = 10
_CONTROL: Final = "NSG-ADMIN-PORTS"
_EVERY_SECONDS: Final = 3.0
_TIMEOUT: Final = 3600.0
_OVER: Final = (Phase.DIGEST, Phase.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFigures:
    """One sweep: resources seen, reads of ARM, failures delivered to the SIEM, seconds, and bytes.

    The bytes are the process's peak before the sweep and after it; ``reads`` include those of the alerts.
    """

    seen: int
    reads: int
    found: int
    seconds: float
    peak_before: int
    peak: int
    alone: list[Latency]
    meanwhile: list[Latency]


def sweeps(sizes: tuple[int, ...], report: Callable[[str], None]) -> list[SweepFigures]:
    """Sweep estates of these sizes, each by a process of its own."""
    found = []
    for each in sizes:
        report(f"a sweep of {each} resources")
        found.append(_swept(each))
    return found


def _swept(size: int) -> SweepFigures:
    with Sandbox(lag=None, behaviour=PROMPT) as sandbox:
        sandbox.place(*clinic())
        scene = Scene(sandbox)
        sandbox.place(*swept_estate(size))
        with scene.monitor() as app:
            alone = [each for _ in range(_ALERTS) for each in _alert(scene, app)]
            before, read, began = _peak(app), _reads(sandbox), time.monotonic()
            post(f"{app.url}/admin/functions/sweep", {})
            meanwhile = [each for _ in _until_swept(app) for each in _alert(scene, app)]
            state = _state(app)
            return SweepFigures(
                seen=state.visited if state else 0,
                reads=_reads(sandbox) - read,
                found=sum(each.is_about(_CONTROL, NAME) for each in _findings(sandbox)),
                seconds=time.monotonic() - began,
                peak_before=before,
                peak=_peak(app),
                alone=alone,
                meanwhile=meanwhile,
            )


def _reads(sandbox: Sandbox) -> int:
    return sandbox.arm.count(method="GET")


def _findings(sandbox: Sandbox) -> Iterator[ReceivedMessage]:
    return (
        each
        for each in received_messages(sandbox)
        if each.channel == "splunk" and each.verb == OPENED
    )


def _alert(scene: Scene, app: Served) -> list[Latency]:
    """Open a security group; storage accounts would add to the duration of the sweep."""
    return scene.alerts(app, [scene.ssh_opens(scene.group())])


def _until_swept(app: Served) -> Iterator[None]:
    """Yield every few seconds until the sweep has visited every resource."""
    deadline = time.monotonic() + _TIMEOUT
    while True:
        state = _state(app)
        if state and state.phase in _OVER:
            return
        if time.monotonic() > deadline:
            raise AlertMissing(f"the sweep took longer than {_TIMEOUT:g} s")
        yield
        time.sleep(_EVERY_SECONDS)


def _state(app: Served) -> Sweep | None:
    with contextlib.closing(SqliteStore(str(app.log.parent / "state.db"))) as store:
        return find_sweep(store, SUBSCRIPTION)[0]


def _peak(app: Served) -> int:
    """Return the most memory that the process has held, in bytes, as Linux reports it."""
    status = Path(f"/proc/{app.process.pid}/status").read_text(encoding="utf-8")
    [line] = [each for each in status.splitlines() if each.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024

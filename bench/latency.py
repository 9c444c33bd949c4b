"""Measure from event received to alert posted: after a cold start, after a minute idle, in a burst."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from bench.scene import Drift, Latency, Scene
from sandbox.clinic.estate import clinic
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox

BURST: Final = 50

Samples = dict[str, list[Latency]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each is measured, and how long idle is."""

    cold: int
    idle: int
    idle_seconds: float
    bursts: int


FULL: Final = Effort(cold=10, idle=10, idle_seconds=60.0, bursts=3)
QUICK: Final = Effort(cold=2, idle=2, idle_seconds=3.0, bursts=1)


def latencies(effort: Effort, report: Callable[[str], None]) -> Samples:
    """Measure everything; ``report`` is called with each step before it starts."""
    report(f"{effort.cold} cold starts")
    samples = {"cold start, first event": _cold(effort)}
    report(f"{effort.idle} monitors idle for {effort.idle_seconds:g} s, twice")
    samples |= _idle(effort)
    report(f"{effort.bursts} × two bursts of {BURST}")
    samples[f"burst of {BURST} security groups"] = _bursts(effort, burst_of_groups)
    samples[f"burst of {BURST} storage accounts"] = _bursts(effort, _accounts)
    return samples


@contextmanager
def new_scene() -> Iterator[Scene]:
    """Yield a sandbox with the clinic, whose replicas do not lag."""
    with Sandbox(lag=None, behaviour=PROMPT) as sandbox:
        sandbox.place(*clinic())
        yield Scene(sandbox)


def _cold(effort: Effort) -> list[Latency]:
    """Measure the first event of fresh processes, delivered as soon as they answer."""
    found: list[Latency] = []
    with new_scene() as scene:
        for _ in range(effort.cold):
            drift = scene.firewall_opens(scene.account())
            with scene.monitor() as app:
                found += scene.alerts(app, [drift])
    return found


def _idle(effort: Effort) -> Samples:
    """Measure one event per process after a wait, for a resource it has evaluated and for a new one."""
    found: Samples = {}
    with new_scene() as scene, ExitStack() as stack:
        apps = [stack.enter_context(scene.monitor()) for _ in range(effort.idle)]
        known = [scene.account() for _ in apps]
        for app, account in zip(apps, known, strict=True):
            scene.make_known(app, account)
        for kind, accounts in (("known", known), ("new", [scene.account() for _ in apps])):
            time.sleep(effort.idle_seconds)
            found[f"idle, then a {kind} account"] = [
                latency
                for app, account in zip(apps, accounts, strict=True)
                for latency in scene.alerts(app, [scene.firewall_opens(account)])
            ]
    return found


def _bursts(effort: Effort, drifts: Callable[[Scene], list[Drift]]) -> list[Latency]:
    found: list[Latency] = []
    for _ in range(effort.bursts):
        with new_scene() as scene:
            first = scene.ssh_opens(scene.group())
            events = drifts(scene)
            with scene.monitor() as app:
                scene.alerts(app, [first])
                found += scene.alerts(app, events)
    return found


def burst_of_groups(scene: Scene) -> list[Drift]:
    """Open as many security groups as a burst has."""
    return [scene.ssh_opens(scene.group()) for _ in range(BURST)]


def _accounts(scene: Scene) -> list[Drift]:
    return [scene.firewall_opens(scene.account()) for _ in range(BURST)]

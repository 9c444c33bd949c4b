"""Measure what the evidence log costs: the same alerts with the log and without it, by turns."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench.latency import BURST, burst_of_groups, new_scene
from bench.scene import Latency

_ON, _OFF = "cli", "bench.without_evidence"
IDLE: Final = "idle, then a known account"
IN_BURST: Final = f"burst of {BURST} security groups"


@dataclass(frozen=True, slots=True)
class Cost:
    """The median over the runs of the seconds from an event to its alert in every channel."""

    what: str
    runs: int
    on: float
    off: float

    @property
    def ratio(self) -> float:
        """Return how much longer it takes with the log."""
        return self.on / self.off


def evidence_cost(runs: int, idle_seconds: float, report: Callable[[str], None]) -> list[Cost]:
    """Measure pairs of runs; the two of a pair take turns in coming first."""
    found: dict[tuple[str, str], list[float]] = {}
    for run in range(runs):
        report(f"evidence on and off, pair {run + 1} of {runs}")
        for module in (_ON, _OFF) if run % 2 == 0 else (_OFF, _ON):
            for what, samples in _one(module, idle_seconds).items():
                median = statistics.median(each.last for each in samples)
                found.setdefault((what, module), []).append(median)
    return [
        Cost(
            what,
            runs,
            statistics.median(found[what, _ON]),
            statistics.median(found[what, _OFF]),
        )
        for what in (IDLE, IN_BURST)
    ]


def _one(module: str, idle_seconds: float) -> dict[str, list[Latency]]:
    with new_scene() as scene:
        account, drifts = scene.account(), burst_of_groups(scene)
        with scene.monitor(module) as app:
            scene.make_known(app, account)
            time.sleep(idle_seconds)
            idle = scene.alerts(app, [scene.firewall_opens(account)])
            return {IDLE: idle, IN_BURST: scene.alerts(app, drifts)}

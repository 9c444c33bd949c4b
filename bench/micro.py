"""Measure single steps: an evaluation by each control, a commit of the store, a cold import."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from adapters.store.sqlite import SqliteStore
from detectors import DETECTORS, examples
from detectors.examples import NOW
from detectors.network import admin_ports
from drift import ids
from drift.config.model import Config, PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.detector import Detector
from drift.estate import Around, Baseline
from drift.model import Resource
from drift.phi.resolver import LazyScopeResolver, PriorScope
from drift.ports import Put
from sandbox.clinic.estate import APP_GROUP, clinic, security_rule

_ROOT: Final = Path(__file__).resolve().parent.parent
_RULES: Final = 20
_ROWS: Final = 8
"""About the number of rows that one evaluation with an alert writes."""
_ROW: Final = {"text": "x" * 1000}


def evaluations(rounds: int) -> dict[str, float]:
    """Return seconds per evaluation: the mean of each control's examples, and a large group."""
    found = {each.CONTROL.id: _mean(each, rounds) for each in DETECTORS}
    found[f"{admin_ports.CONTROL.id}, {_RULES} rules"] = _large_group(rounds)
    return found


def commits(count: int) -> list[float]:
    """Return the seconds of each of so many commits of the embedded store."""
    with tempfile.TemporaryDirectory(prefix="phidrift-bench-") as folder:
        store = SqliteStore(Path(folder) / "state.db")
        try:
            batches = [[Put(f"row|{n}|{at}", _ROW) for at in range(_ROWS)] for n in range(count)]
            return [_timed(partial(store.commit, "shard-0", each)) for each in batches]
        finally:
            store.close()


def imports(count: int) -> list[float]:
    """Return the seconds that fresh interpreters take to import function_app."""
    return [_import() for _ in range(count)]


def _mean(detector: Detector, rounds: int) -> float:
    cases = [(each.resource, each.estate()) for each in examples.load(detector)]
    return statistics.mean(_seconds(detector, *each, rounds=rounds) for each in cases)


def _large_group(rounds: int) -> float:
    body: dict[str, Any] = next(each for each in clinic() if each["id"] == APP_GROUP)
    rules = [
        security_rule(f"rule{n}", 100 + n, f"203.0.{n}.0/24", str(20 + n)) for n in range(_RULES)
    ]
    body = {**body, "properties": {**body["properties"], "securityRules": rules}}
    estate = DocumentEstate({}, complete=True, baseline=Baseline(), now=NOW)
    resource = Resource(APP_GROUP, admin_ports.CONTROL.resource_types[0], body)
    return _seconds(admin_ports, resource, estate, rounds=rounds)


def _seconds(detector: Detector, resource: Resource, estate: Around, *, rounds: int) -> float:
    config = Config()
    listed = PhiScope(subscriptions=(ids.subscription_of(resource.id),))
    scoping = LazyScopeResolver(resource, estate, listed, PriorScope())

    def run() -> None:
        for _ in range(rounds):
            evaluate_controls((detector,), resource, estate, scoping=scoping, config=config)

    return _timed(run) / rounds


def _timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def _import() -> float:
    done = subprocess.run(
        (
            sys.executable,
            "-c",
            "import time as t; at = t.perf_counter(); import function_app; print(t.perf_counter() - at)",
        ),
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)

"""Count the reads after writes of idle accounts: of one account, and of a thousand at once."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.virtual import Arm, VirtualMonitor
from drift import ids
from drift.controls.monitor_controls import BLIND
from drift.queues.outbound import Outbound
from drift.state.resource_record import load_record
from sandbox.clinic.estate import INTAKE, clinic

STORM: Final = 1000
STORM_QUICK: Final = 50

_SPANS: Final = (
    ("at once", timedelta()),
    ("quick", timedelta(seconds=40)),
    ("confirmation", timedelta(minutes=2)),
)
"""The reads after one event, and how long after it each has ended."""

_LONGEST: Final = timedelta(hours=6)

_IDLE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class EventReads:
    """What one evaluation of an idle account reads: its own document, others, and lists."""

    look: str
    own: int
    related: int
    lists: int


@dataclass(frozen=True, slots=True)
class StormFigures:
    """What a storm of writes of idle accounts costs until nothing is owed.

    ``refused`` counts the answers 429, ``unknown`` the most verdicts that were unknown at a time, and
    ``blind`` the messages of MONITOR-BLIND.
    """

    accounts: int
    own: int
    related: int
    lists: int
    refused: int
    unknown: int
    blind: int
    minutes: float


def reads_of_an_event() -> list[EventReads]:
    """Return the reads of each evaluation of one idle account whose write shows nothing new."""
    with tempfile.TemporaryDirectory(prefix="phidrift-bench-") as folder:
        scene, [account] = _settled(1, Path(folder))
        found, passed = [], timedelta()
        _write(scene, [account])
        for look, after in _SPANS:
            scene.later(after - passed)
            passed = after
            found.append(EventReads(look, *_counted(scene.arm, [account])))
        scene.monitor.close()
    return found


def storm(count: int, report: Callable[[str], None]) -> StormFigures:
    """Write so many idle accounts at once, and wait until nothing is owed."""
    report(f"a storm of {count} idle accounts, on a clock that jumps")
    with tempfile.TemporaryDirectory(prefix="phidrift-bench-") as folder:
        scene, accounts = _settled(count, Path(folder))
        began = scene.clock()
        _write(scene, accounts)
        unknown = [_unknown(scene)]
        while _is_owed(scene, accounts) and scene.clock() - began < _LONGEST:
            scene.later(timedelta(minutes=1))
            unknown.append(_unknown(scene))
        scene.monitor.close()
    own, related, lists = _counted(scene.arm, accounts)
    return StormFigures(
        accounts=count,
        own=own,
        related=related,
        lists=lists,
        refused=scene.arm.refused,
        unknown=max(unknown),
        blind=sum(each.control_id == BLIND.id for each in scene.teams.told),
        minutes=(scene.clock() - began).total_seconds() / 60,
    )


def _settled(count: int, folder: Path) -> tuple[VirtualMonitor, list[str]]:
    """Return a monitor that has proved compliant accounts and then been idle for an hour; their ids."""
    bodies, accounts = clinic(), []
    within = ids.key(INTAKE)
    own = json.dumps([each for each in bodies if ids.key(str(each["id"])).startswith(within)])
    name = ids.name_of(INTAKE)
    for number in range(count):
        bodies += json.loads(own.replace(name, f"bench{number:04}"))
        accounts.append(INTAKE.replace(name, f"bench{number:04}"))
    scene = VirtualMonitor(bodies, folder)
    scene.arm.is_limited = False
    _write(scene, accounts)
    while _is_owed(scene, accounts):
        scene.later(timedelta(minutes=1))
    scene.clock.now += _IDLE
    scene.run(scene.monitor.tick())
    scene.arm.is_limited = True
    scene.arm.gets.clear()
    scene.arm.lists.clear()
    return scene, accounts


def _write(scene: VirtualMonitor, accounts: Sequence[str]) -> None:
    """Have an event about each account arrive; nothing has changed in them."""
    bodies = [json.dumps(_event(each, scene.clock())) for each in accounts]
    texts = (text for each in bodies for text in scene.monitor.intake(each))
    scene.run(Outbound(changes=tuple(texts)))


def _event(account: str, at: datetime) -> dict[str, Any]:
    return {
        "id": f"{account}@{at.isoformat()}",
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "subject": account,
        "eventTime": at.isoformat(),
        "data": {"operationName": "Microsoft.Storage/storageAccounts/write"},
    }


def _counted(arm: Arm, accounts: Sequence[str]) -> tuple[int, int, int]:
    """Return the reads of the accounts, of other documents, and of lists since the last count."""
    own = sum(arm.gets[ids.key(each)] for each in accounts)
    counts = own, arm.gets.total() - own, arm.lists.total()
    arm.gets.clear()
    arm.lists.clear()
    return counts


def _unknown(scene: VirtualMonitor) -> int:
    return int(scene.monitor.health()["unknown"])


def _is_owed(scene: VirtualMonitor, accounts: Sequence[str]) -> bool:
    return any(load_record(scene.services.store, each).record.owed for each in accounts)

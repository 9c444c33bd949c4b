"""The result of a story, and how it differs from the same story without a crash."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drift.ports import Store
from tests.crash.dying_host import DyingHost
from tests.crash.scenarios import Scenario, keep_in, place
from tests.support.crash_store import MemoryStore
from tests.support.rig import Rig

AT_ONCE = timedelta()
"""A restart on the same machine takes its own messages back."""

_TIMES = ("lastEvent", "lastSweep")
"""The figures of health that a crash may change: the times at which something happened."""

Told = Mapping[tuple[str, str], tuple[str, ...]]
"""The changes of an incident that a channel received, by channel and incident, without repeats."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a story."""

    host: DyingHost
    told: Told
    repeats: tuple[str, ...]
    health: Mapping[str, object]


def lived(
    story: Scenario,
    folder: Path,
    *dies_at: int,
    lease: timedelta = AT_ONCE,
    store: Callable[[], Store] = MemoryStore,
) -> Outcome:
    """Run a story, crash at these points, and return the result."""
    folder.mkdir()
    rig = Rig(None)
    try:
        keep_in(store(), rig)
        place(rig)
        host = DyingHost(rig, dies_at=dies_at, lease=lease)
        story(host)
        repeats = tuple(_repeats(rig))
        health = {name: each for name, each in rig.monitor.health().items() if name not in _TIMES}
        return Outcome(host, _told(rig), repeats, health)
    finally:
        rig.close()


def _told(rig: Rig) -> Told:
    told: dict[tuple[str, str], dict[str, str]] = {}
    for channel in (rig.teams, rig.pagerduty, rig.splunk):
        for notice, _ in channel.told:
            said = f"{notice.control_id} {notice.change} {notice.sequence}"
            told.setdefault((channel.name, notice.incident_id), {})[notice.uid] = said
    return {place: tuple(each.values()) for place, each in told.items()}


def _repeats(rig: Rig) -> Iterator[str]:
    """Yield the channel of each notice that came again, and how where it did not come at once."""
    for channel in (rig.teams, rig.pagerduty, rig.splunk):
        last: dict[str, str] = {}
        seen: set[str] = set()
        for notice, _ in channel.told:
            if notice.uid in seen:
                in_order = last[notice.incident_id] == notice.uid
                yield channel.name if in_order else f"{channel.name}, out of order"
            seen.add(notice.uid)
            last[notice.incident_id] = notice.uid


def wrongs(after: Outcome, undisturbed: Outcome) -> Iterator[str]:
    """Yield what differs from the same story without a death, but for what is unknowable."""
    if after.told != undisturbed.told:
        yield f"told {dict(after.told)}"
    may = tuple(
        name
        for name in ("teams", "pagerduty", "splunk")
        for point in after.host.died_at
        if f"Channel[{name}].send #" in point
    )
    if not set(after.repeats) <= set(may) or len(after.repeats) > len(may):
        yield f"repeated {after.repeats}"
    if after.health != undisturbed.health:
        yield f"stands otherwise: {after.health}"
    if after.host.waiting:
        yield "messages are left"

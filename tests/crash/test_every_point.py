"""A monitor that dies after each call of each story tells what it would have told, once and in order.

The same points as over ``phidrift serve``, on a clock that jumps: so there is time for every story,
and for a message that comes back only when its lease is over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.crash import scenarios
from tests.crash.dying_host import DyingHost
from tests.crash.scenarios import SCENARIOS, Scenario, in_memory
from tests.drift.rig import Rig

AT_ONCE = timedelta()
"""A restart on the same machine takes its own messages back."""
LEASE = timedelta(minutes=10)
"""What Azure's queue extension gives, and so how long a lost instance's messages are invisible."""

LATER = (
    scenarios.broken_and_mended,
    scenarios.mended_at_once,
    scenarios.deleted,
    scenarios.becomes_phi,
    scenarios.storm,
)
"""Stories whose outcome does not depend on a message being worked off within ten minutes."""

Told = Mapping[tuple[str, str], tuple[str, ...]]
"""The changes that a channel was told of an incident, by channel and incident, repeats left out."""

pytestmark = pytest.mark.timeout(300)  # a story is lived once for each of its points


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of a story."""

    host: DyingHost
    told: Told
    repeats: tuple[str, ...]
    health: Mapping[str, object]


def lived(story: Scenario, folder: Path, *dies_at: int, lease: timedelta = AT_ONCE) -> Outcome:
    folder.mkdir()
    rig = Rig(folder)
    try:
        in_memory(rig)
        scenarios.place(rig)
        host = DyingHost(rig, dies_at=dies_at, lease=lease)
        story(host)
        repeats = tuple(_repeats(rig))
        health = {name: each for name, each in rig.monitor.health().items() if name != "lastEvent"}
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
        if f"Channel[{name}].send" in point
    )
    if not set(after.repeats) <= set(may) or len(after.repeats) > len(may):
        yield f"repeated {after.repeats}"
    if after.health != undisturbed.health:
        yield f"stands otherwise: {after.health}"
    if after.host.waiting:
        yield "messages are left"


def all_wrongs(
    story: Scenario, folder: Path, undisturbed: Outcome, lease: timedelta
) -> dict[str, list[str]]:
    """Live a story once for each of its points, and return what went wrong by the deadly one."""
    found = {}
    for point in range(1, len(undisturbed.host.passed) + 1):
        after = lived(story, folder / f"{point}", point, lease=lease)
        found[", ".join(after.host.died_at)] = list(wrongs(after, undisturbed))
    return {point: wrong for point, wrong in found.items() if wrong}


@pytest.mark.parametrize("story", SCENARIOS, ids=lambda each: each.__name__)
def test_a_death_at_any_point_of_a_story_changes_nothing_that_is_told(
    story: Scenario, tmp_path: Path
) -> None:
    undisturbed = lived(story, tmp_path / "undisturbed")

    assert undisturbed.told
    assert undisturbed.repeats == ()
    assert all_wrongs(story, tmp_path, undisturbed, AT_ONCE) == {}


@pytest.mark.parametrize("story", LATER, ids=lambda each: each.__name__)
def test_a_message_that_comes_back_ten_minutes_later_changes_nothing_that_is_told(
    story: Scenario, tmp_path: Path
) -> None:
    undisturbed = lived(story, tmp_path / "undisturbed")

    assert all_wrongs(story, tmp_path, undisturbed, LEASE) == {}


def test_a_second_death_soon_after_the_first_changes_nothing_that_is_told(tmp_path: Path) -> None:
    story = scenarios.broken_and_mended
    undisturbed = lived(story, tmp_path / "undisturbed")
    folders = count()
    wrong = {
        (first, after): found
        for first in range(1, len(undisturbed.host.passed) + 1)
        for after in (1, 2, 4)
        if (
            found := list(
                wrongs(
                    lived(story, tmp_path / f"{next(folders)}", first, first + after), undisturbed
                )
            )
        )
    }

    assert wrong == {}

"""Several hosts share one state: two run every function and one is killed, or each function has a host."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby, product
from pathlib import Path
from typing import Any

import pytest

from cli.demonstration.received import ReceivedMessage, received_messages, refused
from sandbox.arm.replicas import Lag
from sandbox.clinic.estate import IMAGING, INTAKE, RECORDS, clinic
from sandbox.eventgrid.event_grid import DeliveryBehaviour
from sandbox.world import Sandbox
from tests.crash.clock import SharedClock
from tests.crash.serving import Launcher, Serving, launched
from tests.support.extent import part

ACCOUNTS = (RECORDS, IMAGING, INTAKE)
CHANNELS = ("teams", "pagerduty", "splunk")
ROUNDS = 5
THREADS = 2
"""How many messages of each host may be under way when it is killed."""

EAGER = DeliveryBehaviour(duplicates=1.0, disorder=0.5, disorder_seconds=3.0, retry_scale=0.01)
SETTINGS = {
    "LOG_ANALYTICS_WORKSPACE_ID": "",
    "TICK_SCHEDULE": "* * * * * *",
    "PYTHON_THREADPOOL_THREAD_COUNT": str(THREADS),
    "AzureFunctionsJobHost__extensions__queues__batchSize": str(THREADS),
}

_LATEST_SECONDS = 2 * EAGER.disorder_seconds
"""The time by which the living hosts have received every event at least once."""
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.02

INTAKE_FUNCTION = "resource_changed"
ALONE = (INTAKE_FUNCTION, "evaluate_change", "deliver", "evaluate_background", "tick")
FUNCTIONS = frozenset(ALONE) | {
    *("sweep", "health", "changes_poisoned", "deliveries_poisoned", "background_poisoned"),
    "runbook",
}

DEATHS = (
    "",
    "SqliteQueues.put_many #1",
    "evaluate > Store.commit #2",
    "evaluate > Reader.get #1",
    "SqliteQueues.complete #1",
    "deliver > Store.commit #1",
    "deliver > Channel[teams].send #1",
)
"""Where the first of the two dies, "" for nowhere. If the other was faster everywhere, it is killed
between the two writes all the same. ``make test`` takes every third."""

TRIED = part(DEATHS, one_in=3)

AT_ONCE = 3

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True, slots=True)
class Story:
    """The result of a story."""

    told: Sequence[ReceivedMessage]
    refused: int
    health: dict[str, Any]


class Fleet:
    """Hosts on one state; the first may die at a chosen point, and does not start again."""

    def __init__(self, sandbox: Sandbox, hosts: Sequence[Serving], clock: SharedClock) -> None:
        self._sandbox = sandbox
        self._hosts = hosts
        self._clock = clock

    def drift(self, action: str) -> None:
        """Write every account, and let some minutes pass."""
        for each in ACCOUNTS:
            self._sandbox.patch(each, {"properties": {"networkAcls": {"defaultAction": action}}})
        self._sandbox.events.drain(_LATEST_SECONDS)  # those for a host that died stay
        for _ in range(ROUNDS):
            self._settle()
            self._clock.advance(61)
            for host in self._hosts:
                host.tick()
        self._settle()

    def kill(self) -> None:
        """Kill the first, if it has not died by then."""
        self._hosts[0].stop()

    def health(self) -> dict[str, Any]:
        """Return the state, as the last process, which lives, reports it."""
        return self._hosts[-1].health()

    def _settle(self) -> None:
        """Wait until the living process says twice that no message is left."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        quiet = 0
        while quiet < 2:
            assert time.monotonic() < deadline, "messages are left, and stay"
            told = self.health()
            quiet = 0 if any(sum(each.values()) for each in told["queues"].values()) else quiet + 1
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def served(
    launchers: Sequence[Launcher],
    folder: Path,
    *,
    dies_at: str = "",
    only: Sequence[Collection[str]] = (FUNCTIONS, FUNCTIONS),
) -> Iterator[tuple[Sandbox, Fleet]]:
    """Serve one state several times, each host with some of the functions."""
    folder.mkdir()
    clock = SharedClock(folder / "clock")
    with Sandbox(lag=Lag(), limits=None, behaviour=EAGER, clock=clock) as sandbox:
        sandbox.place(*clinic())
        hosts = [Serving(each, sandbox, clock, folder) for each in launchers]
        hosts[0].dies_at = (dies_at,) if dies_at else ()
        for host, names in zip(hosts, only, strict=True):
            off = {f"AzureWebJobs.{each}.Disabled": "true" for each in FUNCTIONS - set(names)}
            host.settings = {**SETTINGS, **off}
            host.start()
        try:
            for host, names in zip(hosts, only, strict=True):
                if INTAKE_FUNCTION in names:
                    sandbox.events.subscribe(host.receive)
            yield sandbox, Fleet(sandbox, hosts, clock)
        finally:
            for host in hosts:
                host.stop()


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Story]:
    """Run all stories, some of them in parallel: they mostly wait."""
    folder = tmp_path_factory.mktemp("pairs")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lived = pool.map(partial(_lived, folder), range(len(TRIED)), TRIED)
        return dict(zip(TRIED, lived, strict=True))


def _lived(folder: Path, number: int, dies_at: str) -> Story:
    with (
        launched(2) as launchers,
        served(launchers, folder / f"{number}", dies_at=dies_at) as lived,
    ):
        sandbox, fleet = lived
        fleet.drift("Allow")
        if dies_at:
            fleet.kill()
        fleet.drift("Deny")
        return Story(received_messages(sandbox), refused(sandbox), fleet.health())


@pytest.mark.parametrize("dies_at", TRIED)
def test_two_hosts_deliver_each_message_once(stories: Mapping[str, Story], dies_at: str) -> None:
    story = stories[dies_at]

    assert list(_wrongs(story.told, may_repeat=THREADS if dies_at else 0)) == []
    assert story.refused == 0
    assert (story.health["status"], story.health["due"]) == ("ok", 0)


def test_hosts_that_each_run_one_function_deliver_each_message_once(tmp_path: Path) -> None:
    """Flex Consumption scales each queue and timer function out by itself: no two share memory."""
    only = [*({each} for each in ALONE), FUNCTIONS - set(ALONE)]
    with (
        launched(len(only)) as launchers,
        served(launchers, tmp_path / "apart", only=only) as (sandbox, fleet),
    ):
        fleet.drift("Allow")
        fleet.drift("Deny")
        health = fleet.health()

    assert list(_wrongs(received_messages(sandbox), may_repeat=0)) == []
    assert (health["status"], health["due"]) == ("ok", 0)


def _wrongs(told: Sequence[ReceivedMessage], *, may_repeat: int) -> Iterator[str]:
    """Yield what was not told once, in order; what a dying host was sending may come once more."""
    repeats = 0
    for account, channel in product(ACCOUNTS, CHANNELS):
        about = [each for each in told if each.channel == channel]
        verbs = [each.verb for each in about if each.is_about("STORAGE-FIREWALL", account)]
        once = [verb for verb, _ in groupby(verbs)]
        if once != ["Drift", "Resolved"]:
            yield f"{channel} heard {verbs} of {account}"
        repeats += len(verbs) - len(once)
    if repeats > may_repeat:
        yield f"{repeats} messages came twice"

"""phidrift demo: a small clinic's estate drifts on this machine, and each alert is shown on arrival."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from cli.demonstration import scenario, terminal
from cli.demonstration.received import ENDED, OPENED, ReceivedMessage, received_messages, refused
from cli.demonstration.scenario import DemoStep
from functions_host.process.stopping import GRACE_SECONDS, Stopped, StopRequests
from functions_host.subprocess import NotServing, served
from sandbox.arm.replicas import Lag
from sandbox.clinic.estate import clinic
from sandbox.world import Sandbox

TIMING: Final = "[timing]\nsettle_seconds = 3\nreads_per_minute = 60\n"
"""Shortened so that the demo takes a minute: a replica here lags by 2 s at most."""

_SHORTENED: Final = (
    "For the demo delays are shorter than in production: a change is confirmed by a second read after 3 s "
    "(60 s), due work runs each second (each 10 s), and a resource is read at most "
    "60 times a minute (3 times)."
)
_LAG: Final = Lag(seconds=2.0, probability=0.25)
_SETTLED: Final = 8.0
"""Seconds after which every message has arrived."""

_TIMEOUT: Final = 30.0
_POLL_SECONDS: Final = 0.02

_STOP_SECONDS: Final = GRACE_SECONDS + 15
"""How long an orderly stop may take: longer than that of ``serve``, which is part of it."""

_REMOVE_TRIES: Final = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--seed",
        type=_whole_number,
        default=1,
        metavar="N",
        help="seed of the sandbox's random choices (default 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 only if each step alerted and resolved once per channel, without other messages."""
    stop = StopRequests(grace_seconds=_STOP_SECONDS)
    stop.make_orderly()
    stop.install()
    try:
        with (
            _folder(stop) as folder,
            Sandbox(seed=args.seed, lag=_LAG, within=folder) as sandbox,
        ):
            return _shown(sandbox, folder, stop)
    except Stopped as stopped:
        terminal.paragraph("Stopped.")
        return stopped.exit_code


@contextmanager
def _folder(stop: StopRequests) -> Iterator[Path]:
    """Make a folder for everything that the demo writes; it is removed however the demo ends."""
    with tempfile.TemporaryDirectory(prefix="phidrift-demo-") as name:
        stop.before_end(partial(_remove, Path(name)))
        yield Path(name)


def _remove(folder: Path) -> None:
    """Remove a folder in which threads of this process may still write."""
    for _ in range(_REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_POLL_SECONDS)


def _shown(sandbox: Sandbox, folder: Path, stop: StopRequests) -> int:
    """Make the changes and their repairs, and show what the channels received."""
    began = time.monotonic()
    sandbox.place(*clinic())
    scenario.prepare(sandbox)
    terminal.headline("A small clinic's Azure, on this machine")
    terminal.paragraph(_SHORTENED)
    try:
        with served(folder, sandbox.environment(), TIMING, stop=stop) as app:
            _play(sandbox, app.webhook, stop)
    except NotServing as error:
        terminal.paragraph(str(error))
        return 1
    return _summary(sandbox, time.monotonic() - began)


def _play(sandbox: Sandbox, hook: str, stop: StopRequests) -> None:
    if not sandbox.events.handshake(hook):
        raise NotServing("phidrift serve did not answer Event Grid's handshake")
    sandbox.events.subscribe(hook)
    terminal.step("The monitor reads the estate for the first time: everything is compliant.")
    scenario.touch(sandbox)
    stop.pause(_SETTLED)
    for each in scenario.STORY:
        _step(sandbox, each, stop, is_repair=False)
    terminal.headline("The on-call engineer runs the fixes")
    for each in scenario.REPAIRS:
        _step(sandbox, each, stop, is_repair=True)
    stop.pause(_SETTLED)


def _step(sandbox: Sandbox, step: DemoStep, stop: StopRequests, *, is_repair: bool) -> None:
    """Make the change, and show which channels received an alert and how long that took."""
    terminal.step(step.repair_description if is_repair else step.description)
    at = sandbox.clock()
    (step.repair if is_repair else step.drift)(sandbox)
    verbs = ENDED if is_repair else (OPENED,)
    until = time.monotonic() + _TIMEOUT
    while time.monotonic() < until:
        found = [each for each in received_messages(sandbox) if _answers(each, step, verbs, at)]
        if {each.channel for each in found} >= set(step.channels):
            break
        stop.pause(_POLL_SECONDS)
    terminal.alert(sandbox, step, found, at)
    # No replica lags by more, so the next read cannot show the state before this step.
    stop.pause(max(0.0, _LAG.seconds - (sandbox.clock() - at).total_seconds()))


def _answers(
    each: ReceivedMessage, step: DemoStep, verbs: tuple[str, ...], since: datetime
) -> bool:
    return each.at >= since and each.verb in verbs and each.is_about(step.control, step.resource)


def _summary(sandbox: Sandbox, seconds: float) -> int:
    """Count the requests that the channels received, and compare them with the story."""
    everything = received_messages(sandbox)
    expected = 0
    wrong = 0
    rows: list[tuple[str, ...]] = []
    for step in scenario.STORY:
        mine = [each for each in everything if each.is_about(step.control, step.resource)]
        for channel in step.channels:
            alerts = sum(each.channel == channel and each.verb == OPENED for each in mine)
            ends = sum(each.channel == channel and each.verb in ENDED for each in mine)
            expected += 2
            wrong += (alerts, ends) != (1, 1)
            rows.append((step.control, channel, str(alerts), str(ends)))
    others = len(everything) - expected
    failed = refused(sandbox)
    terminal.headline("What the channels received")
    terminal.table(("control", "channel", "alerts", "all-clears"), rows)
    good = not wrong and not others and not failed
    terminal.verdict(
        good=good,
        text=f"{len(everything)} messages, {others} unexpected, {failed} refused, "
        f"in {seconds:.0f} s: " + ("as expected" if good else "NOT as expected"),
    )
    return 0 if good else 1


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None

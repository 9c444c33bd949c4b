"""phidrift demo: a small clinic's estate drifts on this machine, and every alert is shown as it comes."""

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from cli.demonstration import scenario, terminal
from cli.demonstration.received import ENDED, OPENED, Heard, heard, refused
from cli.demonstration.scenario import Step
from functions_host.subprocess import NotServing, served
from sandbox.arm.replicas import Lag
from sandbox.clinic.estate import clinic
from sandbox.world import Sandbox

TIMING: Final = "[timing]\nsettle_seconds = 3\nreads_per_minute = 60\n"
"""Shortened so that the story is told in a minute: a replica here lags by 2 s at most."""

_SHORTENED: Final = (
    "For the demo delays are shorter than in production: a doubtful answer is read again after 3 s "
    "(60 s), due work is looked for each second (each minute), and a resource may be read at once "
    "60 times a minute (3 times)."
)
_LAG: Final = Lag(seconds=2.0, probability=0.25)
_SETTLED: Final = 5.0
"""Seconds after which whatever still had to come would have come."""

_PATIENCE: Final = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        help="seed of all that the sandbox leaves to chance (default 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Tell the story; 0 only if each step alerted and resolved once per channel and nothing else came."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="phidrift-demo-") as folder,
        Sandbox(seed=args.seed, lag=_LAG) as sandbox,
    ):
        sandbox.place(*clinic())
        scenario.prepare(sandbox)
        terminal.headline("A small clinic's Azure, on this machine")
        terminal.paragraph(_SHORTENED)
        try:
            with served(Path(folder), sandbox.environment(), TIMING) as app:
                _tell(sandbox, app.webhook)
        except NotServing as error:
            terminal.paragraph(str(error))
            return 1
        return _summary(sandbox, time.monotonic() - began)


def _tell(sandbox: Sandbox, hook: str) -> None:
    if not sandbox.events.handshake(hook):
        raise NotServing("phidrift serve did not answer Event Grid's handshake")
    sandbox.events.subscribe(hook)
    terminal.step("The monitor looks at the estate for the first time: all is in order.")
    scenario.touch(sandbox)
    time.sleep(_SETTLED)
    for each in scenario.STORY:
        _step(sandbox, each, mending=False)
    terminal.headline("The on-call engineer runs the fixes")
    for each in scenario.MENDS:
        _step(sandbox, each, mending=True)
    time.sleep(_SETTLED)


def _step(sandbox: Sandbox, step: Step, *, mending: bool) -> None:
    """Do what the step says, and show what each channel hears of it and how long that took."""
    terminal.step(step.mended if mending else step.told)
    at = sandbox.clock()
    (step.mend if mending else step.drift)(sandbox)
    verbs = ENDED if mending else (OPENED,)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        found = [each for each in heard(sandbox) if _answers(each, step, verbs, at)]
        if {each.channel for each in found} >= set(step.channels):
            break
        time.sleep(0.02)
    terminal.alert(sandbox, step, found, at)
    # No replica is behind by more: what is read next cannot take the step back.
    time.sleep(max(0.0, _LAG.seconds - (sandbox.clock() - at).total_seconds()))


def _answers(each: Heard, step: Step, verbs: tuple[str, ...], since: datetime) -> bool:
    return each.at >= since and each.verb in verbs and each.is_about(step.control, step.resource)


def _summary(sandbox: Sandbox, seconds: float) -> int:
    """Count the requests that the channels received, and hold them against the story."""
    everything = heard(sandbox)
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
        text=f"{len(everything)} messages, {others} beyond the story, {failed} refused, "
        f"in {seconds:.0f} s: " + ("as it should be" if good else "NOT as it should be"),
    )
    return 0 if good else 1

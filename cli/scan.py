"""``phidrift scan``: judge everything in the monitored subscriptions now, and print what is wrong."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import bootstrap
from cli.offline.result_line import line, unreadable
from drift import ids
from drift.controls.engine import Judgement
from drift.errors import SourceUnavailable
from drift.model import Outcome, Resource
from drift.services import Parts
from drift.sweep.scan import Seen, scanned
from drift.untrusted_json import printable
from functions_host.settings import local_settings

_GOOD: Final = 0
_DRIFT: Final = 1
_INCOMPLETE: Final = 2
_ROOT: Final = Path(__file__).resolve().parent.parent
_SAID_EVERY_SECONDS: Final = 30.0

_ABOUT: Final = """Settings are read as serve reads them: the environment, then local.settings.json; no
channel need be set. One JSON line for each resource and control, as evaluate prints it; progress goes
to standard error. Nothing is stored, nobody is told. Exit code: 0 nothing fails or is unknown; 1
something does; 2 a subscription could not be looked at to its end, or a setting is wrong."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _ABOUT
    parser.add_argument(
        "--subscription",
        action="append",
        metavar="ID",
        help="look at this one (may be repeated; default: MONITORED_SUBSCRIPTIONS)",
    )
    parser.add_argument(
        "--from",
        default="",
        dest="begin",
        metavar="ID",
        help="begin at this resource of the one subscription",
    )
    parser.add_argument(
        "--all", action="store_true", help="print also what passes or does not apply"
    )


def run(args: argparse.Namespace) -> int:
    """Look at everything and print what came of it."""
    with _parts(args.subscription or [], Path.cwd(), os.environ) as parts:
        subscriptions = parts.facts.subscriptions
        if args.begin and subscriptions != (ids.subscription_of(args.begin),):
            _say("--from takes the id of a resource in the one subscription that is looked at")
            return _INCOMPLETE
        scan = Scan(parts, every=args.all)
        whole = [scan.subscription(each, begin=args.begin) for each in subscriptions]
    _say(scan.summary(len(whole)))
    if not all(whole):
        return _INCOMPLETE
    return _DRIFT if scan.has_drifted else _GOOD


@contextmanager
def _parts(
    subscriptions: list[str], folder: Path, env: MutableMapping[str, str]
) -> Iterator[Parts]:
    """Yield what reads Azure, with a state of its own that ends with it; raise BadSettings."""
    local_settings.load((folder, _ROOT), env)
    with tempfile.TemporaryDirectory(prefix="phidrift-scan-") as scratch:
        own = {"STATE_STORE": f"sqlite:{scratch}/state.db"}
        if subscriptions:
            own["MONITORED_SUBSCRIPTIONS"] = ",".join(subscriptions)
        parts = bootstrap.parts(*bootstrap.chosen({**env, **own}, tells=False))
        try:
            yield parts
        finally:
            for close in parts.closers:
                close()


@dataclass(slots=True)
class Scan:
    """Prints what is seen, and counts it; ``every``: also what is right."""

    parts: Parts
    every: bool
    seen: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    @property
    def has_drifted(self) -> bool:
        """Tell whether something fails or is unknown."""
        return any(self.outcomes[each] for each in (Outcome.FAIL, Outcome.UNKNOWN))

    def subscription(self, subscription: str, *, begin: str) -> bool:
        """Look at one subscription; tell whether to its end."""
        inventory, last = self.parts.inventory, begin
        if inventory is None:
            raise RuntimeError("nothing lists what exists")
        said_at = time.monotonic()
        try:
            for each in scanned(self.parts, inventory, subscription, pause=_pause, begin=begin):
                self._print(each)
                last = each.row_id
                if time.monotonic() - said_at > _SAID_EVERY_SECONDS:
                    said_at = time.monotonic()
                    _say(f"{subscription}: {self.seen} resources so far")
        except SourceUnavailable as error:
            _say(f"{subscription} was not looked at to its end: {error}")
            if last:
                _say(f"to go on: phidrift scan --subscription {subscription} --from {last}")
            return False
        return True

    def summary(self, subscriptions: int) -> str:
        """Return what was seen, in one line."""
        told = ", ".join(
            f"{self.outcomes[each]} {word}"
            for each, word in (
                (Outcome.FAIL, "fail"),
                (Outcome.UNKNOWN, "unknown"),
                (Outcome.EXCEPTED, "excepted"),
                (Outcome.PASS, "pass"),
            )
        )
        return f"{self.seen} resources in {subscriptions} subscription(s); verdicts: {told}"

    def _print(self, seen: Seen) -> None:
        self.seen += 1
        for judgement in self._judgements(seen):
            outcome = judgement.verdict.outcome
            self.outcomes[outcome] += 1
            if self.every or outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
                print(line(seen.resource_id, judgement), flush=True)

    def _judgements(self, seen: Seen) -> Iterator[Judgement]:
        """Yield the verdicts; those of what could not be read itself are unknown."""
        sight, name = seen.sight, seen.resource_id
        if sight.properties is not None:
            yield from sight.judgements
            return
        resource = Resource(name, ids.type_of(name), {})
        why = "; ".join(map(str, sight.failures)) or "it was not shown"
        yield from unreadable(resource, why, self.parts.detectors, self.parts.config)


def _pause(seconds: float) -> None:
    if seconds > 1:
        _say(f"waits {seconds:.0f} s, so that the monitor can read meanwhile")
    time.sleep(seconds)


def _say(text: str) -> None:
    print(f"phidrift scan: {printable(text, 1000)}", file=sys.stderr, flush=True)

"""``phidrift scan``: evaluate every resource in the monitored subscriptions now, and print the failures."""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import bootstrap
from cli import verbosity
from cli.doctor_checks.identity import no_token
from cli.offline.result_line import unreadable
from cli.output import results
from cli.output.progress import progress_of
from cli.output.results import Results
from detectors import DETECTORS
from drift import ids
from drift.config.env_values import is_guid
from drift.controls.result import ControlResult
from drift.errors import NO_TOKEN, BadSettings, SourceUnavailable
from drift.model import Outcome, Resource
from drift.observation.observe import observe
from drift.observation.throttle_gate import WAIT
from drift.services import Services
from drift.state.resource_record import Record
from drift.sweep.scan import ScannedResource, scan_subscription
from drift.untrusted_json import printable
from functions_host.settings import local_settings

_GOOD: Final = 0
_DRIFT: Final = 1
_INCOMPLETE: Final = 2
_SOURCE: Final = 100
_ROOT: Final = Path(__file__).resolve().parent.parent

_SUBSCRIPTIONS: Final = "MONITORED_SUBSCRIPTIONS"
_UNSEEN: Final = frozenset(
    {"NoValidSubscriptionsInQueryRequest", "SubscriptionNotFound", "InvalidSubscriptionId"}
)
"""Codes of Resource Graph and ARM for a subscription that does not exist or is not visible."""

_ABOUT: Final = """Settings are read as serve reads them: the environment, then local.settings.json; no
channel is needed. Results are printed as evaluate prints them; progress goes to standard error.
Nothing is stored and no alert is sent. --severity and --control choose what is printed; the exit code
counts every result. Exit code: 0 nothing fails or is unknown; 1 something does; 2 a subscription was
not read to its end, or a setting is wrong."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _ABOUT
    parser.add_argument(
        "--subscription",
        action="append",
        default=[],
        metavar="ID",
        help="scan this subscription (may be repeated; default: MONITORED_SUBSCRIPTIONS)",
    )
    parser.add_argument(
        "--from",
        default="",
        dest="begin",
        metavar="ID",
        help="begin at this resource; only with one subscription",
    )
    parser.add_argument(
        "--all", action="store_true", help="print also what passes or does not apply"
    )
    results.add_arguments(parser)
    verbosity.add_argument(
        parser, help_text="add ids, evidence and fixes to the table; log to standard error"
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate every resource in the subscriptions, and the tenant, and print the results."""
    verbosity.log_to_stderr(is_verbose=args.verbose)
    progress = progress_of("scan")
    known = {each.CONTROL.id for each in DETECTORS}
    printed = results.results_of(args, progress, known, is_verbose=args.verbose)
    with _services(_guids(args.subscription), Path.cwd(), os.environ) as services:
        subscriptions = services.facts.subscriptions
        if args.begin and subscriptions != (ids.subscription_of(args.begin),):
            progress.say(
                "--from takes the id of a resource in the one subscription that is scanned"
            )
            return _INCOMPLETE
        is_whole = not args.begin and not args.subscription
        tenant = services.facts.tenant if is_whole else ""
        scan = Scan(services, printed, every=args.all, tenant=tenant)
        whole = scan.subscriptions(subscriptions, begin=args.begin)
    progress.say(scan.summary(len(subscriptions), unfinished=len(subscriptions) - whole))
    if whole < len(subscriptions):
        return _INCOMPLETE
    return _DRIFT if printed.has_drifted else _GOOD


def _guids(subscriptions: Sequence[str]) -> tuple[str, ...]:
    """Return the ids that --subscription names, which may be comma lists; raise BadSettings."""
    named = [each.strip() for text in subscriptions for each in text.split(",")]
    wrong = [each for each in named if not is_guid(each)]
    if wrong:
        raise BadSettings(
            tuple(f"--subscription {printable(each)}: not a subscription GUID" for each in wrong)
        )
    return tuple(named)


@contextmanager
def _services(
    subscriptions: Sequence[str], folder: Path, env: MutableMapping[str, str]
) -> Iterator[Services]:
    """Yield the services that read Azure, with a temporary state; raise BadSettings."""
    local_settings.add_values((folder, _ROOT), env)
    with tempfile.TemporaryDirectory(prefix="phidrift-scan-") as scratch:
        own = {"STATE_STORE": f"sqlite:{scratch}/state.db"}
        if subscriptions:
            own[_SUBSCRIPTIONS] = ",".join(subscriptions)
        elif not env.get(_SUBSCRIPTIONS, "").strip():
            why = (
                f"no subscription to scan: name one with --subscription ID, or set {_SUBSCRIPTIONS}"
            )
            raise BadSettings((why,))
        services = bootstrap.services(
            *bootstrap.load_configuration({**env, **own}, needs_channels=False)
        )
        try:
            yield services
        finally:
            for close in services.closers:
                close()


def _hint(error: SourceUnavailable) -> str:
    """Return the meaning of a subscription's refusal and what to check, "" if neither is known."""
    if error.status == HTTPStatus.FORBIDDEN:
        return "; the identity needs the role Reader on the subscription"
    if error.code in _UNSEEN:
        return (
            "; the subscription does not exist, or the identity may not read it: "
            "`az account list --query [].id` shows the subscriptions that it may read"
        )
    return ""


class SignedOut(Exception):
    """The identity got no token: no subscription can be read."""


@dataclass(slots=True)
class Scan:
    """One run: passes every result to ``results``; ``every``: those that pass are printed too.

    ``tenant`` is the id of the tenant to scan besides, "" for none.
    """

    services: Services
    results: Results
    every: bool
    tenant: str = ""
    seen: int = 0

    def subscriptions(self, subscriptions: Sequence[str], *, begin: str) -> int:
        """Scan subscriptions one after another; return how many were read to their end."""
        whole = 0
        try:
            for each in subscriptions:
                whole += self._subscription(each, begin=begin)
            if self.tenant:
                seen = observe(self.services, Record(id=self.tenant), {})
                self._add(ScannedResource(self.tenant, self.tenant, seen))
        except KeyboardInterrupt:
            self.results.progress.say("interrupted: the results are incomplete")
            self.results.end()
            raise
        except SignedOut:
            check = no_token("sign-in", os.environ.get("AZURE_CLIENT_ID", ""), os.environ)
            self.results.progress.say(f"{check.finding}; next: {check.step}")
        self.results.end()
        return whole

    def _subscription(self, subscription: str, *, begin: str) -> bool:
        """Scan one subscription; tell whether it was read to its end."""
        inventory, last = self.services.inventory, begin
        if inventory is None:
            raise RuntimeError("nothing lists what exists")
        try:
            for each in scan_subscription(
                self.services, inventory, subscription, pause=self._pause, begin=begin
            ):
                self._add(each)
                last = each.row_id
                self.results.progress.update(f"{subscription}: resources so far: {self.seen}")
        except SourceUnavailable as error:
            self._say_why(subscription, error, last)
            if error.code == NO_TOKEN:
                raise SignedOut from None
            return False
        return True

    def _say_why(self, subscription: str, error: SourceUnavailable, last: str) -> None:
        say = self.results.progress.say
        if error.code != NO_TOKEN:
            say(f"{subscription} was not read to its end: {error}{_hint(error)}")
        if last:
            say(f"to continue: phidrift scan --subscription {subscription} --from {last}")

    def summary(self, subscriptions: int, *, unfinished: int) -> str:
        """Return what was scanned, in one line."""
        outcomes = self.results.tallies.outcomes
        counts = ", ".join(
            f"{outcomes[each]} {each}"
            for each in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXCEPTED, Outcome.PASS)
        )
        incomplete = f"; incomplete: {unfinished} not read to the end" if unfinished else ""
        resources = "1 resource" if self.seen == 1 else f"{self.seen} resources"
        scanned_in = "1 subscription" if subscriptions == 1 else f"{subscriptions} subscriptions"
        return f"{resources} in {scanned_in}: {counts}{incomplete}"

    def _add(self, seen: ScannedResource) -> None:
        self.seen += 1
        for each in self._judgements(seen):
            is_wrong = each.verdict.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
            self.results.add(seen.resource_id, each, is_asked=self.every or is_wrong)

    def _judgements(self, seen: ScannedResource) -> Iterator[ControlResult]:
        """Yield the verdicts; those of a resource that could not be read itself are unknown."""
        observation, name = seen.observation, seen.resource_id
        if observation.properties is not None:
            yield from observation.results
            return
        resource = Resource(name, ids.type_of(name), {})
        why = "; ".join(map(str, observation.failures)) or "it was not shown"
        yield from unreadable(resource, why, self.services.detectors, self.services.config)

    def _pause(self, seconds: float, refused: SourceUnavailable) -> None:
        if seconds > 1:
            self.results.progress.say(f"waiting {seconds:.0f} s: {limit_of(refused)}")
        time.sleep(seconds)


def limit_of(refused: SourceUnavailable) -> str:
    """Return in words because of whose limit a read waits.

    The code WAIT means both: a provider asked to wait before, or the scan's own lower limit is
    reached.
    """
    source = ids.provider_of(refused.what) if ids.is_id(refused.what) else refused.what
    source = printable(source or "Azure", _SOURCE)
    if refused.code == WAIT:
        return f"the limit of {source}, or the scan's own lower limit of reads, is reached"
    return f"{source} accepts no more reads now"

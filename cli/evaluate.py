"""``phidrift evaluate``: evaluate resources from a file or standard input, without any network."""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bootstrap import load_monitor_toml, with_required_events
from cli import verbosity
from cli.offline.arm_bodies import OfflineCase, bad_lines, cases_of
from cli.offline.json_documents import STDIN, BadLine, items, read
from cli.offline.result_line import agreed, unreadable
from cli.offline.snapshot import snapshot_cases, with_expressions
from cli.output import results
from cli.output.progress import Progress, progress_of
from cli.output.results import JsonLines, Results
from detectors import DETECTORS
from drift import ids
from drift.config.app_settings import monitor_app
from drift.config.env_values import Values
from drift.config.evidence_settings import container_of
from drift.config.model import Config
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.detector import Detectors
from drift.model import Resource
from drift.phi.resolver import LazyScopeResolver, PriorScope

Cases = tuple[OfflineCase | BadLine, ...]

_GOOD: Final = 0
_DRIFT: Final = 1
_BAD_INPUT: Final = 2

_ABOUT: Final = """FILE holds one JSON object, an array, or JSON lines. Each object is an ARM body, as
`az resource show --ids ID` prints it, or {"case": NAME, "resource": BODY, "related": [BODY, …]}. In
"related", {"id": ID, "status": 403} stands for a resource that cannot be read. Bodies outside of a
case are related to each other. --snapshot evaluates what `bicep snapshot` predicts that a deployment
creates, before it is made. There is one result for each resource and control that applies to it.
--severity and --control choose what is printed; the exit code counts every result. Exit code: 0 all
pass, do not apply or are excepted; 1 something fails or is unknown; 2 part of the input cannot be
evaluated (the rest is), or it holds no resource."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _ABOUT
    parser.add_argument("file", nargs="?", default=STDIN, metavar="FILE", help="- (default): stdin")
    parser.add_argument(
        "--complete",
        action="store_true",
        help="treat what is not in the input as absent, not as unreadable",
    )
    parser.add_argument(
        "--snapshot",
        metavar="FILE",
        help="evaluate what a Bicep snapshot predicts; what only the deployment knows is unknown",
    )
    parser.add_argument("--config", metavar="TOML", help="monitor.toml (default: MONITOR_CONFIG)")
    results.add_arguments(parser)
    verbosity.add_argument(
        parser, help_text="add ids, evidence and fixes to the table; log to standard error"
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate everything in the input and print the results."""
    verbosity.log_to_stderr(is_verbose=args.verbose)
    progress = progress_of("evaluate")
    known = {each.CONTROL.id for each in DETECTORS}
    printed = results.results_of(args, progress, known, is_verbose=args.verbose)
    config = _config(args.config or "", os.environ)
    if args.snapshot and args.file != STDIN:
        progress.say("give either FILE or --snapshot FILE: each is evaluated by itself")
        return _BAD_INPUT
    name = args.snapshot or args.file
    try:
        text = read(name)
    except OSError as error:
        progress.say(f"{name}: {error.strerror or type(error).__name__}")
        return _BAD_INPUT
    return report(
        text,
        DETECTORS,
        config,
        complete=args.complete,
        now=datetime.now(UTC),
        printed=printed,
        cases_in=snapshot_cases if args.snapshot else _bodies_in,
    )


def _bodies_in(text: str) -> Cases:
    return cases_of(items(text))


def report(
    text: str,
    detectors: Detectors,
    config: Config,
    *,
    complete: bool,
    now: datetime,
    printed: Results | None = None,
    cases_in: Callable[[str], Cases] = _bodies_in,
) -> int:
    """Print the results, as JSON lines by default, and each fault of the text; return the exit code."""
    printed = printed or Results(JsonLines(), progress_of("evaluate"))
    cases = cases_in(text)
    bad = bad_lines(cases)
    for each in bad:
        printed.progress.say(f"line {each.line}: {each.why}")
    for case, result in _results(
        cases, detectors, config, complete=complete, now=now, progress=printed.progress
    ):
        printed.add(case.resource.id, with_expressions(result), case=case.name)
    printed.end()
    if bad:
        return _BAD_INPUT
    if not cases:
        printed.progress.say("the input holds no resource: nothing was evaluated")
        return _BAD_INPUT
    if not printed.tallies.outcomes:
        printed.progress.say("no control applies to anything in the input: nothing was evaluated")
    return _DRIFT if printed.has_drifted else _GOOD


def _config(path: str, env: Mapping[str, str]) -> Config:
    """Return monitor.toml or the defaults; without approved workspaces the operator's own is approved."""
    if path:
        config = load_monitor_toml(path, named_by="--config")
    else:
        config = load_monitor_toml(env.get("MONITOR_CONFIG", "").strip())
    workspace = ids.key(env.get("LOG_ANALYTICS_WORKSPACE_RESOURCE_ID", ""))
    if workspace and not config.baseline.approved_workspaces:
        config = replace(
            config, baseline=replace(config.baseline, approved_workspaces=(workspace,))
        )
    baseline = replace(
        config.baseline,
        evidence_container=container_of(env.get("EVIDENCE_STORE", "").strip()),
        monitor_app=monitor_app(Values(env)),
    )
    return with_required_events(replace(config, baseline=baseline))


def _results(
    cases: Cases,
    detectors: Detectors,
    config: Config,
    *,
    complete: bool,
    now: datetime,
    progress: Progress,
) -> Iterator[tuple[OfflineCase, ControlResult]]:
    """Yield every result.

    Bodies outside of a case are incomplete when one line could not be read: the line may contain a
    document that a control would treat as absent. If the line still shows a subscription, only that
    subscription is incomplete.
    """
    lacking = frozenset(each.subscription for each in bad_lines(cases))
    whole = complete and "" not in lacking
    held: tuple[object, DocumentEstate | None] = (None, None)
    for number, case in enumerate(cases, 1):
        if isinstance(case, BadLine):
            continue
        progress.update(f"{number} of {len(cases)} resources")
        documents, estate = held
        if estate is None or documents is not case.documents:
            estate = DocumentEstate(
                case.documents,
                complete=complete if case.alone else whole,
                lacking=frozenset() if case.alone else lacking,
                baseline=config.baseline,
                now=now,
            )
            held = (case.documents, estate)
        yield from ((case, each) for each in _results_of(case, estate, detectors, config))


def _results_of(
    case: OfflineCase, estate: DocumentEstate, detectors: Detectors, config: Config
) -> Iterable[ControlResult]:
    if case.refused:
        why = f"{case.resource.id}: HTTP {case.refused}"
        return unreadable(case.resource, why, detectors, config)

    def judged(resource: Resource) -> Sequence[ControlResult]:
        scoping = LazyScopeResolver(resource, estate, config.phi, PriorScope())
        scoping.scope()  # each result shows it, even one that passes
        return evaluate_controls(detectors, resource, estate, scoping=scoping, config=config)

    results = judged(case.resource)
    for where, each in estate.versions(case.resource):
        path = where.removeprefix(f"{ids.key(case.resource.id)}#")
        both = zip(results, judged(each), strict=True)
        results = [agreed(path, one, other) for one, other in both]
    return results

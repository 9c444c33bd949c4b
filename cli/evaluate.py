"""``phidrift evaluate``: judge resources from a file or standard input, without any network."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bootstrap import configuration
from cli.offline.arm_bodies import Case, bad_lines, cases_of
from cli.offline.json_documents import STDIN, BadLine, items, read
from cli.offline.result_line import line, unreadable
from detectors import DETECTORS
from drift import ids
from drift.config.model import Config
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import Judgement, judge
from drift.detector import Detectors
from drift.model import Outcome
from drift.phi.resolver import LateScoping, Remembered
from drift.untrusted_json import printable

_GOOD: Final = 0
_DRIFT: Final = 1
_BAD_INPUT: Final = 2
_DRIFTED: Final = (Outcome.FAIL, Outcome.UNKNOWN)

_ABOUT: Final = """FILE holds one JSON object, an array, or JSON lines. Each is an ARM body, as `az
resource show --ids ID` prints it, or {"case": NAME, "resource": BODY, "related": [BODY, …]}; in
related, {"id": ID, "status": 403} is what cannot be read. Bodies that stand in no case are related
to each other. One JSON line is printed for each resource and control that applies to it. Exit code:
0 all pass, do not apply or are excepted; 1 something fails or is unknown; 2 something in the input
cannot be judged (the rest is)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _ABOUT
    parser.add_argument("file", nargs="?", default=STDIN, metavar="FILE", help="- (default): stdin")
    parser.add_argument(
        "--complete", action="store_true", help="what is not in the input is absent, not unreadable"
    )
    parser.add_argument("--config", metavar="TOML", help="monitor.toml (default: MONITOR_CONFIG)")


def run(args: argparse.Namespace) -> int:
    """Judge everything in the input and print what came of it."""
    config = _config(args.config or "", os.environ)
    try:
        text = read(args.file)
    except OSError as error:
        _complain(f"{args.file}: {error.strerror or type(error).__name__}")
        return _BAD_INPUT
    return report(text, DETECTORS, config, complete=args.complete, now=datetime.now(UTC))


def report(
    text: str, detectors: Detectors, config: Config, *, complete: bool, now: datetime
) -> int:
    """Print one line for each judgement, and what is wrong with the text; return the exit code."""
    cases = cases_of(items(text))
    bad = bad_lines(cases)
    for each in bad:
        _complain(f"line {each.line}: {each.why}")
    outcomes = set()
    for case, judgement in _judged(cases, detectors, config, complete=complete, now=now):
        outcomes.add(judgement.verdict.outcome)
        print(line(case.resource.id, judgement, case=case.name))
    if not outcomes and not bad:
        _complain("no control applies to anything in the input")
    if bad:
        return _BAD_INPUT
    return _DRIFT if outcomes.intersection(_DRIFTED) else _GOOD


def _complain(problem: str) -> None:
    print(f"phidrift evaluate: {printable(problem, 1000)}", file=sys.stderr)


def _config(path: str, env: Mapping[str, str]) -> Config:
    """Return monitor.toml, or the defaults, with our own workspace approved where none is named."""
    if path:
        config = configuration(path, named_by="--config")
    else:
        config = configuration(env.get("MONITOR_CONFIG", "").strip())
    workspace = ids.key(env.get("LOG_ANALYTICS_WORKSPACE_RESOURCE_ID", ""))
    if workspace and not config.baseline.approved_workspaces:
        return replace(config, baseline=replace(config.baseline, approved_workspaces=(workspace,)))
    return config


def _judged(
    cases: tuple[Case | BadLine, ...],
    detectors: Detectors,
    config: Config,
    *,
    complete: bool,
    now: datetime,
) -> Iterator[tuple[Case, Judgement]]:
    """Yield every judgement.

    Bodies that belong together are not complete when a line could not be read: what it holds may be
    just what a control finds absent.
    """
    whole = complete and not bad_lines(cases)
    held: tuple[object, DocumentEstate | None] = (None, None)
    for case in cases:
        if isinstance(case, BadLine):
            continue
        documents, estate = held
        if estate is None or documents is not case.documents:
            estate = DocumentEstate(
                case.documents,
                complete=complete if case.alone else whole,
                baseline=config.baseline,
                now=now,
            )
            held = (case.documents, estate)
        if case.refused:
            why = f"{case.resource.id}: HTTP {case.refused}"
            yield from ((case, each) for each in unreadable(case.resource, why, detectors, config))
            continue
        scoping = LateScoping(case.resource, estate, config.phi, Remembered())
        scoping.scope()  # each line tells it, also of what passes
        for each in judge(detectors, case.resource, estate, scoping=scoping, config=config):
            yield case, each

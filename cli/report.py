"""``phidrift report``: a report for auditors about one incident or a period, as HTML or JSON."""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import bootstrap
from cli.controls import every_control
from cli.explain import chosen, missing_file
from cli.incident_list.found import LEAST_OF_ID, id_of, incidents_of
from cli.report_pages.incident_page import incident_page
from cli.report_pages.period_page import period_page
from cli.reporting.about import about
from cli.reporting.changes import changes_of
from cli.reporting.evidence_references import references_of
from cli.reporting.incident_data import Gathered, incident_report
from cli.reporting.kept import kept_of
from cli.reporting.period import Period, period_of
from cli.reporting.period_data import period_report
from drift.config.app_settings import Settings
from drift.config.model import Config
from drift.errors import BadSettings, NotUnderstood, StoreUnavailable
from drift.ports import Store
from drift.state.incident_record import Incident
from drift.untrusted_json import printable

_FAILED: Final = 1
_SHOWN: Final = 500
_ID: Final = re.compile(rf"[0-9a-f]{{{LEAST_OF_ID},64}}")


@dataclass(frozen=True, slots=True)
class _Report:
    """A report in both formats, and whether all of its data could be read."""

    data: Mapping[str, Any]
    page: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Facts:
    """The settings and the rules as serve has them, and the time of the report."""

    settings: Settings
    config: Config
    now: datetime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "The state and the evidence log are only read, also while serve runs. Settings are read as "
        "serve reads them; no channel is needed. Nothing here is legal advice. Exit code: 0 "
        "written; 1 there is no such incident, the state, or a part of it, cannot be used, or the "
        "file cannot be written; 2 wrong usage or a wrong setting."
    )
    parser.add_argument(
        "--incident",
        default="",
        metavar="ID",
        help=f"report one incident: its id, or at least the first {LEAST_OF_ID} characters of it",
    )
    parser.add_argument(
        "--from",
        dest="since",
        default="",
        metavar="DATE",
        help="report a period: its first day, such as 2026-11-01, or a time",
    )
    parser.add_argument(
        "--to", default="", metavar="DATE", help="the first day after the period, or a time"
    )
    parser.add_argument(
        "--format",
        choices=("html", "json"),
        default="html",
        help="a page of one file (default), or JSON",
    )
    parser.add_argument(
        "--out", default="", metavar="FILE", help="a new file to write (default: standard output)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the report; 1 if that is not possible, or a part of the state is of another version."""
    begins = _wanted(args)
    settings, config = chosen(Path.cwd(), os.environ)
    facts = _Facts(settings, config, datetime.now(UTC))
    period = None if begins else period_of(args.since, args.to, config.breach.time_zone, facts.now)
    if missing := missing_file(settings):
        return _refused(missing)
    try:
        with closing(bootstrap.state_to_read(settings)) as store:
            report = (
                _of_period(store, period, facts) if period else _of_incident(store, begins, facts)
            )
    except NotUnderstood as error:
        return _refused(f"another version of the monitor wrote this record: {error}")
    except StoreUnavailable as error:
        return _refused(f"the state cannot be read: {error}")
    if report is None:
        return _FAILED
    return _write(report, args)


def _wanted(args: argparse.Namespace) -> str:
    """Return the beginning of an id, "" for a period; raise BadSettings."""
    begins = str(args.incident).strip().lower()
    if bool(begins) == bool(args.since or args.to):
        raise BadSettings(("`phidrift report` needs --incident ID, or --from DATE and --to DATE",))
    if begins and not _ID.fullmatch(begins):
        why = (
            f"--incident needs {LEAST_OF_ID} to 64 hexadecimal digits: `phidrift incidents list` "
            "prints "
            "them"
        )
        raise BadSettings((why,))
    return begins


def _of_period(store: Store, period: Period, facts: _Facts) -> _Report:
    """Return the report of a period."""
    sources = about(store, facts.settings, facts.config, facts.now)
    report = period_report(
        store,
        facts.config,
        subscriptions=facts.settings.subscriptions,
        controls=every_control(),
        period=period,
        about=sources,
    )
    is_whole = not (report["notUnderstood"] or report["posture"]["notUnderstood"])
    return _Report(report, period_page(report), is_whole)


def _of_incident(store: Store, begins: str, facts: _Facts) -> _Report | None:
    """Return the report of one incident; if there is none or several, print that and return None."""
    incident, others = _found(store, begins)
    if incident is None:
        return None
    kept = kept_of(store, incident)
    changes = changes_of(store, kept)
    with closing(bootstrap.evidence(facts.settings)) as files:
        references = references_of(files, store, incident.resource_id, id_of(incident))
    report = incident_report(
        Gathered(
            kept=kept,
            changes=changes,
            references=references,
            breach=facts.config.breach,
            about=about(store, facts.settings, facts.config, facts.now),
            controls=every_control(),
        )
    )
    is_whole = not (others or kept.refused or changes.refused)
    return _Report(report, incident_page(report), is_whole)


def _found(store: Store, begins: str) -> tuple[Incident | None, bool]:
    """Return the incident, and whether rows of another version may be further ones."""
    found = incidents_of(store, begins)
    for each in found.not_understood:
        _refused(f"{each} was written by another version and is not read")
    if len(found.incidents) == 1:
        return found.incidents[0], bool(found.not_understood)
    several = ", ".join(id_of(each) for each in found.incidents[:10])
    _refused(
        f"several incidents begin with {begins}: {several}"
        if several
        else f"no incident begins with {begins}: `phidrift incidents list --all` lists them"
    )
    return None, bool(found.not_understood)


def _write(report: _Report, args: argparse.Namespace) -> int:
    """Write the report to a new file, or to standard output."""
    text = f"{json.dumps(report.data, indent=2)}\n" if args.format == "json" else report.page
    if not args.out:
        sys.stdout.write(text)
        return 0 if report.is_whole else _FAILED
    try:
        _write_new(Path(args.out), text)
    except OSError as error:
        return _refused(f"{args.out}: {error.strerror or type(error).__name__}")
    print(f"{args.out}: written")
    return 0 if report.is_whole else _FAILED


def _write_new(path: Path, text: str) -> None:
    """Write a new file whole, or leave none; raise OSError."""
    with path.open("x", encoding="utf-8", newline="\n") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _refused(why: str) -> int:
    print(f"phidrift report: {printable(why, 2 * _SHOWN)}", file=sys.stderr)
    return _FAILED

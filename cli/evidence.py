"""``phidrift evidence``: export records of the evidence log with their proofs, and verify them."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import bootstrap
from cli.command_line.parsers import CommandAction, CommandParser
from cli.evidence_archive.selection import OfIncident, OfTime, incidents_in
from cli.evidence_archive.verifier_files import verifier_files
from cli.evidence_archive.zip_file import write_zip
from cli.explain import chosen
from drift.errors import BadSettings, EvidenceUnavailable
from drift.evidence.archive import LogPart, archive_files
from drift.evidence.kept_logs import KeptFiles, KeptLog, kept_keys, kept_logs
from drift.evidence.log_check import check_log, check_records
from drift.evidence.notes import BadNote, PublicKey
from drift.evidence.verification import Verification
from drift.evidence.verifier import (
    CHECKPOINT_HELP,
    KEY_HELP,
    archive_report,
    given_checkpoints,
    given_keys,
    key_limit,
)
from drift.untrusted_json import printable

_FAILED: Final = 1
_SHOWN: Final = 500
_ID: Final = re.compile(r"[0-9a-f]{8,64}")


def add_arguments(parser: CommandParser) -> None:
    """Declare the actions and their arguments."""
    parser.epilog = (
        "Settings are read as serve reads them; no channel is needed, and the log is only read. "
        "Exit code: 0 exported, or everything verified; 1 nothing to export, the log cannot be "
        "read, or a verification failed; 2 wrong usage or a wrong setting."
    )
    parser.add_actions(
        {
            "export": CommandAction(
                "write records with their proofs to an archive", _export_options
            ),
            "verify": CommandAction("verify an archive, or the whole log", _verify_options),
        }
    )


def _export_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--incident", default="", metavar="ID", help="its id, or at least its first 8 digits"
    )
    parser.add_argument(
        "--from", dest="since", default="", metavar="TIME", help="such as 2026-12-01 (UTC)"
    )
    parser.add_argument("--to", default="", metavar="TIME", help="the end (not included)")
    parser.add_argument("--out", default="", metavar="FILE", help="the archive to write")


def _verify_options(parser: CommandParser) -> None:
    parser.add_argument(
        "archive", nargs="?", default="", metavar="ARCHIVE", help="its file; without: the whole log"
    )
    parser.add_argument("--key", action="append", default=[], metavar="KEY", help=KEY_HELP)
    parser.add_argument(
        "--checkpoint", action="append", default=[], metavar="FILE", help=CHECKPOINT_HELP
    )


def run(args: argparse.Namespace) -> int:
    """Export or verify; 1 where nothing is exported or a verification fails."""
    try:
        if args.action == "export":
            return _export(args)
        return _print(_verified(args))
    except (BadNote, EvidenceUnavailable) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}")


def _verified(args: argparse.Namespace) -> Verification:
    if args.archive:
        return archive_report(Path(args.archive), args.key, args.checkpoint)
    given = given_keys(args.key)
    with _files() as files:
        keys = given or kept_keys(files)
        known = given_checkpoints(args.checkpoint, keys)
        found = {
            kept.log.origin: check_log(kept.log, kept.lines, kept.notes, known=known, keys=keys)
            + check_records(kept.log, kept.lines)
            for kept in kept_logs(files)
        }
    if not found and not known:
        raise EvidenceUnavailable(
            "there is no evidence log in EVIDENCE_STORE: run this where serve runs"
        )
    missing = (
        f"{each.origin}: the whole log is missing; the given checkpoint has {each.size} records"
        for each in known
        if each.origin not in found
    )
    total = sum(found.values(), Verification(problems=tuple(missing)))
    return total + key_limit(keys, is_given=bool(given))


def _print(report: Verification) -> int:
    for line in report.lines:
        print(printable(line, _SHOWN))
    return _FAILED if report.problems else 0


def _export(args: argparse.Namespace) -> int:
    wanted = _wanted(args)
    with _files() as files:
        return _export_from(files, wanted, args.out)


def _export_from(files: KeptFiles, wanted: str | OfTime, name: str) -> int:
    """Write an archive; the log is read one day at a time, once for each pass over it."""
    logs, keys = list(kept_logs(files)), kept_keys(files)
    selection = wanted if isinstance(wanted, OfTime) else _incident(logs, wanted)
    parts = [
        LogPart(each.log, each.lines, each.signed(keys), selection.chosen(each)) for each in logs
    ]
    parts = [each for each in parts if each.chosen]
    if wrong := _problems(logs, parts, keys):
        return _print(wrong)
    unsigned = sum(each.unsigned for each in parts)
    count = sum(len(each.chosen) for each in parts) - unsigned
    if not count:
        return _refused(f"no signed record matches{_left_out(unsigned)}")
    about = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": bootstrap.version(),
        "selection": dict(selection.data),
        "records": count,
    }
    out = Path(name or _name_of(selection))
    write_zip(out, archive_files(parts, keys, about, verifier_files()))
    print(f"{out}: {_records(count)}{_left_out(unsigned)}; verify it: python3 -I {out}")
    return 0


def _wanted(args: argparse.Namespace) -> str | OfTime:
    """Return the beginning of the id of an incident, or a time; raise BadSettings."""
    if bool(args.incident) == bool(args.since or args.to):
        raise BadSettings(("`phidrift evidence export` needs --incident ID, or --from and --to",))
    if args.incident:
        begins = str(args.incident).strip().lower()
        if not _ID.fullmatch(begins):
            raise BadSettings(("--incident needs 8 to 64 hexadecimal digits",))
        return begins
    since, until = (_time(name, text) for name, text in (("--from", args.since), ("--to", args.to)))
    if since >= until:
        raise BadSettings(("--to must be later than --from",))
    return OfTime(since, until)


def _incident(logs: Sequence[KeptLog], begins: str) -> OfIncident:
    """Return the only incident whose id begins with this; raise EvidenceUnavailable otherwise."""
    found = incidents_in(logs, begins)
    if len(found) != 1:
        several = f"several incidents begin with {begins}: {', '.join(found[:10])}"
        raise EvidenceUnavailable(
            several if found else f"no record belongs to an incident {begins}"
        )
    return OfIncident(found[0])


def _time(name: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        why = f"{name} needs a date or a time such as 2026-12-01 or 2026-12-01T09:00:00"
        raise BadSettings((why,)) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def _files() -> Iterator[KeptFiles]:
    """Yield the files of the log that the settings name; raise BadSettings."""
    settings, _ = chosen(Path.cwd(), os.environ)
    with closing(bootstrap.evidence(settings)) as files:
        yield files


def _problems(
    logs: Sequence[KeptLog], parts: Sequence[LogPart], keys: Sequence[PublicKey]
) -> Verification | None:
    """Return what is wrong with the logs of the chosen records, None if nothing is."""
    chosen_logs = {each.log for each in parts}
    total = Verification()
    for kept in logs:
        if kept.log in chosen_logs:
            total += check_log(kept.log, kept.lines, kept.notes, known=(), keys=keys)
    return total if total.problems else None


def _left_out(unsigned: int) -> str:
    if not unsigned:
        return ""
    left_out = "1 is" if unsigned == 1 else f"{unsigned} are"
    return f" ({left_out} not signed yet and left out: export again within an hour)"


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _name_of(selection: OfIncident | OfTime) -> str:
    if isinstance(selection, OfIncident):
        return f"evidence-{selection.incident[:12]}.zip"
    return f"evidence-{selection.since:%Y%m%d}-{selection.until:%Y%m%d}.zip"


def _refused(why: str) -> int:
    print(f"phidrift evidence: {printable(why, _SHOWN)}", file=sys.stderr)
    return _FAILED

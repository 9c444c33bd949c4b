"""Whether the workspace has the logs in which the monitor finds changes that no event reports."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from cli.doctor_checks.azure_refusals import AttemptedRead, explained, is_final, remedy
from cli.doctor_checks.check import Check, fail, ok, warn
from cli.doctor_checks.logs import sends_activity
from drift import ids
from drift.errors import SourceUnavailable
from drift.log_feed.feeds import Feed
from drift.model import dig
from drift.ports import ChangeLog, Reader

ENTRA: Final = "/providers/microsoft.aadiam/diagnosticSettings"
_SPAN: Final = timedelta(days=1)
_NEEDED: Final = ("AuditLogs", "SignInLogs")
"""The categories in which the monitor itself looks for changes and sign-ins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExport:
    """Where a log is set to go: the check's name, the collection of settings, the workspace ("": any)."""

    name: str
    settings: str
    workspace: str


def feed_checks(
    log: ChangeLog,
    feeds: Iterable[Feed],
    accounts: tuple[str, ...],
    *,
    now: datetime,
    asked: AttemptedRead,
) -> Iterator[Check]:
    """Send each query that ``watch_logs`` sends, for the last day; they end where none would answer."""
    for each in feeds:
        name = f"log {each.table}"
        values = {"accounts": accounts} if each.of_accounts else {}
        try:
            rows = log.changes(each.query, since=now - _SPAN, until=now, values=values)
        except SourceUnavailable as error:
            yield _unanswered(each, name, error, asked)
            if is_final(error):
                return
            continue
        found = f"{len(rows)} in the last day" if rows else "none in the last day"
        yield ok(name, f"answers about {each.title}: {found}")


def _unanswered(feed: Feed, name: str, error: SourceUnavailable, asked: AttemptedRead) -> Check:
    if error.status != HTTPStatus.BAD_REQUEST:
        return explained(error, asked)
    finding = f"the workspace lacks the table or a column of it: {feed.title} are not found"
    return fail(name, finding, "send this log to the workspace by a diagnostic setting")


def entra_export(reader: Reader, workspace: str) -> Check:
    """Tell whether the tenant sends its audit and sign-in logs to the workspace ("": to any)."""
    export = LogExport(name="log export of the tenant", settings=ENTRA, workspace=workspace)
    listed = _listed(reader, export)
    if isinstance(listed, Check):
        return listed
    sent = {name for each in listed if _is_there(each, workspace) for name in _enabled(each)}
    missing = [each for each in _NEEDED if each.lower() not in sent]
    if not missing:
        return ok(export.name, "audit and sign-in logs go to the workspace")
    finding = f"{' and '.join(missing)} do not go to the workspace"
    return warn(export.name, finding, "see docs/runbooks/ENTRA-LOG-EXPORT.md for the command")


def group_export(reader: Reader, group: str, workspace: str) -> Check:
    """Tell whether a management group sends its activity log to the workspace ("": to any)."""
    export = LogExport(
        name="log export of the management group",
        settings=f"{group}/providers/Microsoft.Insights/diagnosticSettings",
        workspace=workspace,
    )
    listed = _listed(reader, export)
    if isinstance(listed, Check):
        return listed
    if any(sends_activity(each, workspace) for each in listed):
        return ok(export.name, "the activity log goes to the workspace")
    finding = (
        "the activity log does not go to the workspace: changes of the group are found by polls"
    )
    step = (
        "set a diagnostic setting of the group with the category Administrative; see docs/sweep.md"
    )
    return warn(export.name, finding, step)


def _listed(reader: Reader, export: LogExport) -> tuple[Mapping[str, Any], ...] | Check:
    """Return the settings, or the check where they cannot be read."""
    try:
        return reader.list(export.settings).items or ()
    except SourceUnavailable as error:
        answer = f"HTTP {error.status} {error.code}".rstrip() if error.status else "no answer"
        step = remedy(error, error.needs or "grant Reader on it")
        return warn(export.name, f"where the log goes is not known: {answer}", step)


def _is_there(setting: Mapping[str, Any], workspace: str) -> bool:
    target = dig(setting, "properties.workspaceId")
    return isinstance(target, str) and (not workspace or ids.key(target) == ids.key(workspace))


def _enabled(setting: Mapping[str, Any]) -> Iterator[str]:
    logs = dig(setting, "properties.logs")
    for each in logs if isinstance(logs, list) else ():
        if dig(each, "enabled") is True:
            yield str(dig(each, "category")).lower()

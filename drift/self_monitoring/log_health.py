"""Report a log that cannot be read, as MONITOR-BLIND: changes that only it reports are not found."""

from http import HTTPStatus
from typing import Final

from drift import ids
from drift.clock import bounds
from drift.codec import versioned
from drift.controls.monitor_controls import BLIND
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.fixes import Fix
from drift.log_feed.cursor import QUERY_TYPE, LogCursor, find_log_cursor
from drift.log_feed.feeds import FEEDS
from drift.model import Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.monitor_blind import affected_key, check_put, patience
from drift.state import keys

_PHI: Final = Scope(None, "changes in the log may concern PHI")

_FEEDS: Final = {each.query: each for each in FEEDS}


def is_log(dependency: str) -> bool:
    """Tell whether a dependency stands for a query of the workspace."""
    return ids.type_of(dependency) == QUERY_TYPE


def on_log_health(reporter: SelfReporter, dependency: str, due_key: str) -> Outbound:
    """Open, update or close the incident of a log by what its last read answered."""
    store, now = reporter.store, reporter.clock()
    done: list[Write] = [Delete(due_key)] if due_key else []
    cursor, row = _failing(store, dependency), _row(store, dependency)
    if cursor is None and row is None:
        store.commit(keys.partition(dependency), done)
        return Outbound()
    if cursor is None:
        done.append(Delete(affected_key(dependency, dependency)))
    elif row is None and cursor.failing_since:
        told_at = max(now, bounds.later(cursor.failing_since, patience(reporter.config.timing)))
        data = {"resource": dependency, "dependency": dependency, "phi": True}
        since = cursor.failing_since.isoformat()
        put = Put(affected_key(dependency, dependency), versioned({**data, "since": since}))
        store.commit(keys.partition(dependency), [put, check_put(dependency, dependency, told_at)])

    def assess() -> Report | None:
        return _report(reporter, dependency)

    return reporter.apply(dependency, BLIND, assess, done=done)


def _row(store: Store, dependency: str) -> Row | None:
    return store.get(keys.partition(dependency), affected_key(dependency, dependency))


def _failing(store: Store, dependency: str) -> LogCursor | None:
    """Return the cursor of a log that cannot be read, None where it can."""
    try:
        cursor, _ = find_log_cursor(store, ids.name_of(dependency))
    except NotUnderstood:
        return None  # the version that wrote it knows
    return cursor if cursor and cursor.failing_since else None


def _is_unread(store: Store, dependency: str) -> bool:
    """Tell whether a log is no longer read, so that it has no cursor."""
    try:
        return find_log_cursor(store, ids.name_of(dependency))[0] is None
    except NotUnderstood:
        return False


def _report(reporter: SelfReporter, dependency: str) -> Report | None:
    """Return the result of the last read; None while a failure is too recent to report."""
    feed = _FEEDS.get(ids.name_of(dependency))
    title, table = (feed.title, feed.table) if feed else (ids.name_of(dependency), "of this query")
    cursor = _failing(reporter.store, dependency)
    if _is_unread(reporter.store, dependency):
        why = f"The log of {title} is not read any more: no control or no setting asks for it."
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    if cursor is None or cursor.failing_since is None:
        return Report(Verdict(Outcome.PASS, f"The log of {title} can be read again."), _PHI)
    if cursor.failing_since > reporter.clock() - patience(reporter.config.timing):
        return None
    why = (
        f"The log of {title} has not been readable since {cursor.failing_since:%Y-%m-%d %H:%M:%S} "
        f"UTC: {cursor.failure}. It has been read up to {cursor.read_until:%Y-%m-%d %H:%M:%S} UTC; "
        "later changes that no event reports are not found yet. They are read once the log answers."
    )
    evidence = (Evidence(f"affected[{dependency}]", "unreadable", "readable"),)
    fix = Fix(note=_remedy(cursor.failing_status, table))
    return Report(Verdict(Outcome.FAIL, why, evidence, fix=fix), _PHI)


def _remedy(status: int, table: str) -> str:
    """Return what to do about a refusal."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "Give the monitor's identity the role Log Analytics Reader on the workspace."
    if status == HTTPStatus.BAD_REQUEST:
        return (
            f"The workspace lacks the table {table} or a column of it: send this log to the workspace "
            "of LOG_ANALYTICS_WORKSPACE_ID by a diagnostic setting."
        )
    if status == HTTPStatus.NOT_FOUND:
        return "LOG_ANALYTICS_WORKSPACE_ID must be the workspace id (a GUID) of a workspace that exists."
    return (
        "If Azure throttles the queries or answers in part, wait: the reads resume by themselves."
    )

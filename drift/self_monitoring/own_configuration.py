"""Tell each write of the monitor's own settings, as MONITOR-SELF: by whom, and the hash before and after.

A person who can write the settings of the function app can switch off a channel or a subscription. The
write is an event of Azure; its effect shows in the hash of the configuration that the restarted app has.
Only a person knows whether it was intended: so the incident ends a day after the last write, never as fixed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift import ids
from drift.codec import check_schema, decode, encode, versioned
from drift.controls.monitor_controls import SELF
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.events import Event
from drift.extensible import Extensible
from drift.fixes import Fix
from drift.model import Evidence, Outcome, Severity, Verdict
from drift.ports import Delete, Put, Store, Write
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.state import due_rows, keys
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict

SUBJECT: Final = "/providers/phidrift/monitors/configuration"
"""Stands where the id of a resource would stand."""

SETTINGS: Final = "microsoft.web/sites/config"
QUIET: Final = timedelta(hours=24)
"""How long nobody writes the settings before the incident ends."""

RESTART: Final = timedelta(minutes=2)
"""How long the app takes to run with new settings: until then old and new instances may take turns."""

_MOST: Final = 10
_SHARD: Final = keys.partition(SUBJECT)
_KEY: Final = keys.row_key(RowKind.META, "configuration")
_PHI: Final = Scope(None, "the monitor watches PHI")
_FIX: Final = Fix(
    note="Ask whether this was intended: a deployment writes the settings too. If nobody knows of it, "
    "compare the settings and monitor.toml with those that were deployed, deploy them again, "
    "and handle it as an attack."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsWrite(Extensible):
    """One write of the function app's settings, as its event has it; ``by`` is "" where it names nobody."""

    id: str
    at: datetime
    operation: str
    by: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnConfiguration(Extensible):
    """The newest writes of the settings, and the hash of the configuration before and after them.

    ``noted`` is when the last of it was found; both hashes are "" where none has changed.
    """

    noted: datetime
    before: str = ""
    now: str = ""
    writes: tuple[SettingsWrite, ...] = ()


def is_own_configuration(dependency: str) -> bool:
    """Tell whether a dependency stands for the monitor's own configuration."""
    return dependency == SUBJECT


def is_settings(document: str) -> bool:
    """Tell whether a document holds settings of a web app or a function app."""
    return ids.type_of(document) == SETTINGS


def note_write(store: Store, event: Event, app: str, now: datetime) -> None:
    """Store that somebody wrote settings, where they are those of the monitor; ``app`` ends its id."""
    if not app or not ids.parent_of(ids.key(event.subject)).endswith(app):
        return
    by = event.actor
    write = SettingsWrite(
        id=event.id,
        at=event.at,
        operation=event.operation,
        by=by.name if by else "",
        ip=by.ip if by else "",
    )

    def with_write(known: OwnConfiguration) -> OwnConfiguration:
        newest = {each.id: each for each in (*known.writes, write)}.values()
        kept = sorted(newest, key=lambda each: each.at, reverse=True)[:_MOST]
        return replace(known, writes=tuple(kept))

    _note(store, with_write, now)


def note_hash(store: Store, before: str, after: str, now: datetime) -> None:
    """Store that the configuration has another hash; where instances take turns, the first one counts."""

    def with_hash(known: OwnConfiguration) -> OwnConfiguration:
        is_going_on = known.before and now < known.noted + QUIET
        return replace(known, before=known.before if is_going_on else before, now=after)

    _note(store, with_hash, now)


def on_own_configuration(reporter: SelfReporter, due_key: str) -> Outbound:
    """Open, update or close the incident, and look again a day after the last change."""
    done: list[Write] = [Delete(due_key)] if due_key else []
    known = _found(reporter.store)
    if known is None:
        reporter.store.commit(_SHARD, done)
        return Outbound()
    if reporter.clock() < known.noted + QUIET:
        done.append(_check(known.noted + QUIET))
    return reporter.apply(SUBJECT, SELF, lambda: _report(reporter), done=done)


def _note(
    store: Store, changed: Callable[[OwnConfiguration], OwnConfiguration], now: datetime
) -> None:
    """Store what was found with the due row that tells it; what is known already changes nothing."""

    def attempt() -> None:
        row = store.get(_SHARD, _KEY)
        known = _understood(row.data) if row else OwnConfiguration(noted=now)
        current = changed(known)
        if current == known:
            return
        data = versioned(encode(replace(current, noted=now)))
        put = Put(_KEY, data, row.etag if row else "")
        told = [_check(now + RESTART)] if _recent(current, now) else []
        store.commit(_SHARD, [put, *told])

    retry_on_conflict(SUBJECT, attempt)


def _report(reporter: SelfReporter) -> Report | None:
    known, now = _found(reporter.store), reporter.clock()
    if known is None:
        return None
    recent = _recent(known, known.noted)
    if now >= known.noted + QUIET or not recent:
        why = (
            "Nobody has written the settings of the monitor for 24 hours. The monitor does not know "
            "whether the last write was intended."
        )
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    last = recent[0]
    place = f" from {last.ip}" if last.ip else ""
    why = (
        f"{last.by or 'Somebody whom the event does not name'} wrote the settings of the monitor{place} at "
        f"{_moment(last.at)}. {_hashes(known, reporter.context.app.config_hash)}"
    )
    evidence = (
        *_changed_hash(known),
        *(
            Evidence(f"write[{_moment(each.at)}]", each.by or "unknown", "no write")
            for each in recent
        ),
    )
    verdict = Verdict(Outcome.FAIL, why, evidence, severity=Severity.MEDIUM, fix=_FIX)
    return Report(verdict, _PHI, accumulates=False)


def _recent(known: OwnConfiguration, until: datetime) -> tuple[SettingsWrite, ...]:
    return tuple(each for each in known.writes if each.at > until - QUIET)


def _changed_hash(known: OwnConfiguration) -> Iterator[Evidence]:
    if known.before != known.now:
        yield Evidence("configuration.hash", known.now, known.before)


def _hashes(known: OwnConfiguration, current: str) -> str:
    if known.before != known.now:
        return f"The hash of its configuration was {known.before} and is {known.now}."
    return (
        f"The hash of its configuration is {current} as before: it covers monitor.toml and what resources "
        "are compared with, not the channels."
    )


def _check(at: datetime) -> Put:
    message = BlindMessage(dependency=SUBJECT, resource=SUBJECT)
    return due_rows.due_put(message, at, keys.digest(SUBJECT))


def _found(store: Store) -> OwnConfiguration | None:
    row = store.get(_SHARD, _KEY)
    try:
        return _understood(row.data) if row else None
    except NotUnderstood:
        return None  # the version that wrote it tells it


def _understood(data: Mapping[str, Any]) -> OwnConfiguration:
    check_schema(data)
    return decode(OwnConfiguration, data)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

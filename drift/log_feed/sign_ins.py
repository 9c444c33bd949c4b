"""Sign-ins of emergency access accounts that the log showed: one row for each account."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.codec import check_schema, decode, encode, versioned
from drift.extensible import Extensible
from drift.ports import LoggedChange, Put, Row, Store
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound, of_row
from drift.state import due_rows, keys
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict

TYPE: Final = "phidrift/signins"

MOST: Final = 20
"""How many sign-ins of an account are kept, and how many failed ones: the newest. An account may be
attacked for days, and that must not hide a sign-in that succeeded."""

_SUCCEEDED: Final = "0"
"""https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(Extensible):
    """One sign-in, or one try: ``result`` is the code of Entra ID, "0" where it succeeded."""

    id: str
    at: datetime
    name: str
    address: str
    application: str
    result: str

    @property
    def succeeded(self) -> bool:
        """Tell whether the account got in."""
        return self.result == _SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIns(Extensible):
    """The newest sign-ins of an account, the last one first, and when the log last showed a new one."""

    newest: tuple[SignIn, ...] = ()
    noted: datetime


def sign_ins_id(account: str) -> str:
    """Return the id that stands for the sign-ins of an account."""
    return f"/providers/{TYPE}/{account.lower()}"


def is_of_sign_ins(dependency: str) -> bool:
    """Tell whether a dependency stands for the sign-ins of an account."""
    return ids.type_of(dependency) == TYPE


def find_sign_ins(store: Store, account: str) -> SignIns | None:
    """Return the sign-ins of an account, None where none was seen; raise NotUnderstood."""
    subject = sign_ins_id(account)
    return _understood(store.get(keys.partition(subject), _key(subject)))


def note_sign_ins(
    store: Store, rows: Iterable[LoggedChange], now: datetime, again: timedelta
) -> Outbound:
    """Store rows of the log with the due row that tells them; return the messages of these.

    A row that is stored already changes nothing. ``again`` is when a lost message is repeated. Raise
    NotUnderstood where another version wrote what is known of an account.
    """
    by_account: dict[str, list[SignIn]] = {}
    for each in rows:
        if each.object_id:
            by_account.setdefault(each.object_id.lower(), []).append(_sign_in(each))
    total = Outbound()
    for account, found in by_account.items():
        total += _note(store, sign_ins_id(account), found, now=now, again=again)
    return total


def _note(
    store: Store, subject: str, found: list[SignIn], *, now: datetime, again: timedelta
) -> Outbound:
    shard, key = keys.partition(subject), _key(subject)

    def attempt() -> Outbound:
        row = store.get(shard, key)
        known = _understood(row) or SignIns(noted=now)
        newest = _newest((*known.newest, *found))
        if row and newest == known.newest:
            return Outbound()
        data = versioned(encode(replace(known, newest=newest, noted=now)))
        due = compare_put(subject, now + again)
        due = due_rows.enqueued_put(due.key, due.data, now)
        store.commit(shard, [Put(key, data, row.etag if row else ""), due])
        return of_row(due.key, due.data)

    return retry_on_conflict(subject, attempt)


def compare_put(subject: str, at: datetime) -> Put:
    """Return the due row that compares the reported sign-ins with the known ones at a time."""
    message = BlindMessage(dependency=subject, resource=subject)
    return due_rows.due_put(message, at, keys.digest(subject))


def _newest(sign_ins: Iterable[SignIn]) -> tuple[SignIn, ...]:
    distinct = {each.id: each for each in sign_ins}.values()
    found = sorted(distinct, key=lambda each: (each.at, each.id), reverse=True)
    kept = [
        *[each for each in found if each.succeeded][:MOST],
        *[each for each in found if not each.succeeded][:MOST],
    ]
    return tuple(each for each in found if each in kept)


def _sign_in(row: LoggedChange) -> SignIn:
    return SignIn(
        id=row.id or row.correlation_id,
        at=row.at,
        name=row.person or row.object_id,
        address=row.address,
        application=row.application,
        result=row.authentication,
    )


def _understood(row: Row | None) -> SignIns | None:
    if row is None:
        return None
    check_schema(row.data)
    return decode(SignIns, row.data)


def _key(subject: str) -> str:
    return keys.row_key(RowKind.META, "sign-ins", keys.digest(subject))

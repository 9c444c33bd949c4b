"""Whether a storage account refuses account keys, SAS signed with them, and local users."""

from datetime import UTC, datetime, timedelta
from typing import Final

from detectors.evidence import evidence
from detectors.facets import weakest
from detectors.storage.accounts import ACCOUNT
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict, dig

_SHARED_KEY: Final = "properties.allowSharedKeyAccess"
_LOCAL_USERS: Final = "properties.isLocalUserEnabled"
_SFTP: Final = "properties.isSftpEnabled"
_SAS_POLICY: Final = "properties.sasPolicy.sasExpirationPeriod"
_KEYS: Final = ("properties.keyCreationTime.key1", "properties.keyCreationTime.key2")

_OLDEST_KEY: Final = timedelta(days=90)

CONTROL: Final = Control(
    id="STORAGE-SHARED-KEY",
    title="Storage account must allow Entra ID sign-in only",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(d)", "164.312(a)(2)(i)"),
    why="Anyone who holds a key or a SAS can read all PHI in the account, and no log names the person.",
    fix="az storage account update --ids <id> --allow-shared-key-access false",
    watches={ACCOUNT: (_SHARED_KEY, _LOCAL_USERS, _SFTP, _SAS_POLICY)},
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate keys and local users separately: local users keep access when keys are off."""
    return weakest(CONTROL, (_keys, _local_users), resource, estate)


def _keys(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the account keys; absent and null mean allowed, as ARM documents."""
    allowed = account.flag(_SHARED_KEY)
    found = (evidence(account, _SHARED_KEY, "false"),)
    if allowed is False:
        return Verdict(Outcome.PASS, "Account keys are refused.", found)
    how = " (the setting is not shown)" if allowed is MISSING else ""
    warnings = _warnings(account, estate.now)
    return Verdict(
        Outcome.FAIL,
        " ".join((f"Account keys and SAS are accepted{how}.", *warnings)),
        found,
        fix=Fix(
            (SetProperty(account.id, _SHARED_KEY, False),),
            "Clients that use a key or a SAS stop working at once: give each client a role first.",
        ),
    )


def _warnings(account: Resource, now: datetime) -> tuple[str, ...]:
    ages = [now - created for path in _KEYS if (created := _moment(account, path))]
    oldest = max(ages, default=timedelta())
    old = f"A key is {oldest.days} days old." if oldest > _OLDEST_KEY else ""
    limited = dig(account.body, _SAS_POLICY) or not account.whole  # not shown in an event: unknown
    endless = "" if limited else "No policy limits the lifetime of a SAS."
    return tuple(each for each in (old, endless) if each)


def _moment(account: Resource, path: str) -> datetime | None:
    """Return when a key was created, None where it is not shown: it only adds a warning."""
    try:
        moment = datetime.fromisoformat(str(dig(account.body, path)))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _local_users(account: Resource, _: Estate) -> Verdict:
    """Evaluate local users, who sign in over SFTP; not shown means that there are none."""
    if not account.flag(_LOCAL_USERS):
        return Verdict(Outcome.NOT_APPLICABLE, "Local users are off.")
    sftp = account.flag(_SFTP)
    found = (evidence(account, _LOCAL_USERS, "false"), evidence(account, _SFTP))
    if sftp is MISSING:
        raise Unreadable(_SFTP, "absent, while local users are on")
    if not sftp:
        return Verdict(Outcome.NOT_APPLICABLE, "SFTP is off.")
    return Verdict(
        Outcome.FAIL,
        "Local users sign in over SFTP with their own passwords and keys.",
        found,
        fix=Fix(
            (SetProperty(account.id, _LOCAL_USERS, False),),
            "Partners that deliver over SFTP lose access at once.",
        ),
    )

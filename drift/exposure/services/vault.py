"""Ask the audit log of a key vault who used its secrets and keys from outside, without their names."""

from collections.abc import Iterator, Sequence
from typing import Final

from drift import ids
from drift.access.record import Exposure
from drift.exposure.callers import CallerKind, Use, kind_by_address
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import coverage_of
from drift.exposure.log_proof import LogProof
from drift.exposure.questions import LogRow, Questions
from drift.exposure.trail import OUTSIDE, Phrases, Trail, answer_of
from drift.exposure.wording import number

_CONTROL: Final = "KEYVAULT-NETWORK"

_LOGGING: Final = "KEYVAULT-LOGGING"
"""The control that requires the vault to log every request."""

_TABLES: Final = ("", "_diagnostics")
"""The form of a diagnostic setting decides which of two tables a vault fills; each has its own queries."""

_SECRETS: Final = ("SecretGet", "SecretBackup", "CertificateBackup")
_KEYS: Final = (
    *("KeyDecrypt", "KeyUnwrap", "KeySign", "KeyBackup", "KeyRelease"),
    *("KeyEncrypt", "KeyWrap"),
)
_LISTINGS: Final = (
    *("SecretList", "SecretListVersions", "KeyList", "KeyListVersions"),
    *("CertificateList", "CertificateListVersions"),
)
"""Operations as the log names them.
https://learn.microsoft.com/azure/key-vault/general/logging"""


def ask_vault(case: Case) -> Exposure:
    """Return whether secrets or keys were used from outside."""
    asked, values = case.questions(), {"vault": ids.key(case.resource)}
    proofs = {table: asked.proof(f"vault_coverage{table}", **values) for table in _TABLES}
    filled = [table for table in _TABLES if proofs[table].rows] or _possible(proofs)
    answers = {table: _rows(asked, table, values["vault"]) for table in filled}
    lacks = [asked.lack_of(f"vault_use{each}") for each, rows in answers.items() if rows is None]
    logging, window = case.controls.get(_LOGGING), case.window
    coverage = coverage_of(window, logging, proofs[filled[0]], now=asked.now, of="vault")
    found = [use for rows in answers.values() for row in rows or () for use in _uses(case, row)]
    trail = Trail(
        window=window,
        phrases=_PHRASES,
        coverage=lacks[0] if lacks else coverage,
        uses=tuple(found) if not lacks or found else None,
        inquiries=asked.inquiries,
    )
    return answer_of(trail, now=asked.now)


def _possible(proofs: dict[str, LogProof]) -> list[str]:
    """Return the table to name if none has a row of the vault: one that answers, if any."""
    answering = [table for table in _TABLES if not proofs[table].failure]
    return (answering or list(_TABLES))[:1]


def _rows(asked: Questions, table: str, vault: str) -> Sequence[LogRow] | None:
    return asked.rows(
        f"vault_use{table}", vault=vault, secrets=_SECRETS, keys=_KEYS, listings=_LISTINGS
    )


def _uses(case: Case, row: LogRow) -> Iterator[tuple[CallerKind, Use]]:
    """Yield what a caller did.

    Microsoft services that a vault trusts pass its firewall by design, from public addresses. If
    the table does not identify them, a use of a key may be theirs; a read of a secret is presumed
    not to be.
    """
    kind = kind_by_address(row["Address"], case.own)
    secrets, keys, listings = row["Secrets"], row["Keys"], row["Listings"]
    if kind is not CallerKind.FOREIGN or row["Proof"] == "sign-in":
        yield kind, Use.logged(row, reads=secrets + keys, listings=listings)
        return
    is_trusted = row["Proof"] == "trusted service"
    by_secrets = CallerKind.UNCLEAR if is_trusted else CallerKind.UNNAMED
    yield by_secrets, Use.logged(row, reads=secrets, listings=listings)
    yield CallerKind.UNCLEAR, Use.logged(row, reads=keys)


def _did(uses: Sequence[Use]) -> str:
    reads, listings = sum(each.reads for each in uses), sum(each.listings for each in uses)
    used = f"used secrets or keys {number(reads, 'time', 'times')}" if reads else ""
    listed = f"listed their names {number(listings, 'time', 'times')}" if listings else ""
    return " and ".join(filter(None, (used, listed)))


_PHRASES: Final = Phrases(
    caller=(f"caller from {OUTSIDE}", f"callers from {OUTSIDE}"),
    question=f"whether secrets or keys were used from {OUTSIDE}",
    nothing=f"no use of secrets or keys from {OUTSIDE}",
    did=_did,
    limit="Azure does not promise that the audit log of a vault is complete",
)

VAULT: Final = Investigation(controls=frozenset({_CONTROL}), ask=ask_vault)

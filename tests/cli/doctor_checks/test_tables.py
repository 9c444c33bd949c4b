"""The cause of a refusal of Azure Tables, and what to do about it."""

from collections.abc import Sequence

import pytest

from cli.doctor_checks.check import Level
from cli.doctor_checks.identity import Principal
from cli.doctor_checks.tables import Tables, tables
from drift.config.secret import Secret
from drift.config.storage_account import StorageAccount, of_tables
from drift.errors import UNANSWERED, StoreUnavailable
from drift.ports import Row, Write
from tests.support.crash_store import MemoryStore

BY_IDENTITY = of_tables("https://records.table.core.windows.net")
BY_KEY = of_tables("AccountName=records;AccountKey=swordfish123")
AZURITE = of_tables("UseDevelopmentStorage=true")


class Refusing:
    """A store that answers nothing but this."""

    def __init__(self, status: int, code: str) -> None:
        self._error = StoreUnavailable("STATE_STORE, tables of records", status, code)

    def get(self, partition: str, key: str) -> Row | None:
        raise self._error

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        raise self._error

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        raise self._error


class Forgetful(MemoryStore):
    """A store that keeps nothing."""

    def get(self, partition: str, key: str) -> Row | None:
        return None


def asked(store: MemoryStore | Refusing, account: StorageAccount) -> Tables:
    return Tables(
        store=store,
        account=account,
        principal=lambda: Principal(object_id="oid-of-the-app"),
        connection_problem=lambda: "its name does not resolve",
    )


def test_an_account_that_keeps_a_row_is_fine_and_is_left_as_it_was() -> None:
    store = MemoryStore()
    found = tables(asked(store, BY_IDENTITY))

    told = "state store: tables of records.table.core.windows.net can be written"
    assert found.line() == f"ok    {told}"
    assert store.range("shard-0", "", "~") == []


def test_an_account_that_loses_what_it_took_fails() -> None:
    assert tables(asked(Forgetful(), BY_IDENTITY)).level is Level.FAIL


@pytest.mark.parametrize(
    ("account", "status", "code", "step"),
    [
        (
            BY_IDENTITY,
            403,
            "AuthorizationPermissionMismatch",
            (
                "--assignee-object-id oid-of-the-app --assignee-principal-type ServicePrincipal "
                "--role 'Storage Table Data Contributor' "
                '--scope "$(az storage account show --name records --query id --output tsv)"'
            ),
        ),
        (BY_IDENTITY, 403, "AuthorizationFailure", "--query '[publicNetworkAccess, networkRule"),
        (BY_IDENTITY, 401, "NoToken", "az login to the tenant of the account"),
        (BY_IDENTITY, 401, "InvalidAuthenticationInfo", "az login to the tenant of the account"),
        (BY_KEY, 403, "AuthenticationFailed", "az storage account keys list --account-name rec"),
        (BY_KEY, 403, "KeyBasedAuthenticationNotPermitted", "to the address of the tables"),
        (BY_IDENTITY, UNANSWERED, "", "check STATE_STORE, the network"),
        (AZURITE, UNANSWERED, "", "start Azurite, or set STATE_STORE to another store"),
        (BY_IDENTITY, 503, "ServerBusy", "run it again"),
    ],
)
def test_what_to_do_about_a_refusal_is_named(
    account: StorageAccount, status: int, code: str, step: str
) -> None:
    found = tables(asked(Refusing(status, code), account))

    assert found.level is Level.FAIL
    assert step in found.step
    assert "STATE_STORE, tables of records" in found.finding
    is_silent = status == UNANSWERED and account is not AZURITE
    assert ("its name does not resolve" in found.finding) == is_silent
    assert (account.key or Secret("none")).reveal() not in found.line()

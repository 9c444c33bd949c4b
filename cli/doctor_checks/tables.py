"""Whether the tables of an account can hold the state, and if not, what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.store.errors import KEYS_DISABLED, MISSING_ROLE, NETWORK_REFUSED, ROLE
from adapters.store.probe import keeps_a_row
from cli.doctor_checks.azure_refusals import FindConnectionProblem
from cli.doctor_checks.check import Check, fail, ok
from cli.doctor_checks.identity import NEEDS_CLI, Principal, grant
from cli.doctor_checks.state import NAME
from drift.config.env_values import is_https, is_on_this_machine
from drift.config.storage_account import StorageAccount
from drift.errors import UNANSWERED, StoreUnavailable
from drift.ports import Store

_SCOPE: Final = '"$(az storage account show --name {name} --query id --output tsv)"'
_RULES: Final = (
    "az storage account show --name {name} --query '[publicNetworkAccess, networkRuleSet]'"
)
_KEYS: Final = "az storage account keys list --account-name {name}"

_STEPS: Final[Mapping[str, str]] = {
    NETWORK_REFUSED: f"allow this network, or run doctor where the app runs: {_RULES}",
    KEYS_DISABLED: "set STATE_STORE to the address of the tables, for the managed identity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The store on an account, the identity that uses it, and why it may not answer."""

    store: Store
    account: StorageAccount
    principal: Callable[[], Principal]
    connection_problem: FindConnectionProblem


def tables(asked: Tables) -> Check:
    """Write a row, read it and delete it again."""
    try:
        is_kept = keeps_a_row(asked.store)
    except StoreUnavailable as error:
        return fail(NAME, f"{error}{_why_silent(error, asked)}", _step(error, asked))
    finding = f"tables of {asked.account.host}"
    if not is_kept:
        return fail(NAME, f"{finding} lost a row that they had accepted", "see Azure's status page")
    return ok(NAME, f"{finding} can be written")


def _why_silent(error: StoreUnavailable, asked: Tables) -> str:
    is_silent = error.status == UNANSWERED and is_https(asked.account.tables)
    why = asked.connection_problem() if is_silent else ""
    return f" ({why})" if why else ""


def _step(error: StoreUnavailable, asked: Tables) -> str:
    account = asked.account
    if error.code == MISSING_ROLE:
        return grant(asked.principal(), ROLE, _SCOPE.format(name=account.name))
    if error.code in _STEPS:
        return _STEPS[error.code].format(name=account.name)
    if error.status == UNANSWERED and is_on_this_machine(account.tables):
        return "start Azurite, or set STATE_STORE to another store"
    if error.status == UNANSWERED:
        return "check STATE_STORE, the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE"
    if error.status in (401, 403) and account.key:
        return f"copy the connection string again: {_KEYS.format(name=account.name)}"
    if error.status in (401, 403):
        step = f"az login to the tenant of the account ({NEEDS_CLI})"
        return f"{step}; in Azure, give the app a managed identity"
    return "run it again; if it persists, see Azure's status page"

"""Azure Tables as in production: HTTPS, a managed identity, its token."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from azure.core.credentials import AccessTokenInfo

from adapters.azure_http.credential import FORGET_SECONDS, SharedCredential, azure_credential
from adapters.store.tables import TableStore
from drift.config.storage_account import StorageAccount, of_tables
from drift.errors import Conflict, StoreUnavailable
from drift.ports import Delete, Put
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.adapters.store.stores import SHARD, etag_of, keys_of
from tests.azurite import running
from tests.support.azure_fakes import TOKEN, fixed_credential, scripted

Refusing = Callable[[int, str], TableStore]


@pytest.fixture(scope="module")
def certified() -> Iterator[Sandbox]:
    with Sandbox(log_delay=(0.0, 0.0)) as started:
        yield started


@pytest.fixture(scope="module")
def azurite_account(
    certified: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StorageAccount]:
    """Yield an account of an emulator that wants tokens, and looks at all but their signature."""
    both = str(certified.ca_bundle.parent / "server.pem")
    wants = ("--oauth", "basic", "--cert", both, "--key", both)
    with running(tmp_path_factory.mktemp("azurite-tls"), *wants) as started:
        yield of_tables(started.url("Table"))


@pytest.fixture
def store(
    certified: Sandbox, azurite_account: StorageAccount, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TableStore]:
    for name, value in certified.environment().items():
        monkeypatch.setenv(name, value)
    with closing(TableStore(azurite_account, azure_credential("", os.environ))) as opened:
        yield opened
    certified.identity.lifetime = 86_400.0


def test_rows_are_written_read_and_deleted(store: TableStore) -> None:
    store.commit(SHARD, [Put(f"k{number}", {"x": number}) for number in range(20)])
    etag = etag_of(store, "k1")
    store.commit(SHARD, [Put("k1", {"x": "new"}, etag=etag), Delete("k2"), Delete("never there")])

    with pytest.raises(Conflict):
        store.commit(SHARD, [Delete("k1", etag=etag)])
    assert [row.data["x"] for row in store.range(SHARD, "k0", "k11")] == [0, "new", 10]
    assert len(keys_of(store)) == 19


@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
def test_a_token_that_ran_out_is_refused_and_the_next_one_taken(
    certified: Sandbox, store: TableStore
) -> None:
    certified.identity.lifetime = 0.0
    with pytest.raises(StoreUnavailable, match="the identity's token is refused"):
        store.get(SHARD, "k")

    certified.identity.lifetime = 86_400.0
    assert store.get(SHARD, "k") is None


def test_an_identity_without_a_token_is_said(
    azurite_account: StorageAccount, certified: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (certified.environment() | {"IDENTITY_HEADER": "other"}).items():
        monkeypatch.setenv(name, value)
    with (
        closing(TableStore(azurite_account, azure_credential("", os.environ))) as store,
        pytest.raises(StoreUnavailable, match="there is no managed identity here"),
    ):
        store.get(SHARD, "k")


def test_a_token_that_is_refused_before_its_time_is_replaced(sandbox: Sandbox) -> None:
    """A 401 of Azure names the token that it wants; the monitor always requests one for Storage."""
    challenge = "Bearer authorization_uri=https://login.example/t resource_id=https://vault.example"
    tokens, scopes, clock = ["second", "first"], set[str](), [0.0]

    class Revoked:
        def get_token_info(self, *asked: str, options: object = None) -> AccessTokenInfo:
            scopes.update(asked)
            return AccessTokenInfo(tokens.pop(), 4_000_000_000)

        def close(self) -> None:
            pass

    def answer(request: Request) -> Answer:
        if request.headers["authorization"] == "Bearer second":
            error = {"code": "ResourceNotFound", "message": {"value": "there is none"}}
            return json_answer(404, {"odata.error": error})
        return json_answer(401, {}, headers={"WWW-Authenticate": challenge})

    credential = SharedCredential(Revoked, clock=lambda: clock[0])
    with (
        scripted(sandbox, answer) as far,
        closing(TableStore(of_tables(f"{far.base_url}/clinic"), credential)) as store,
    ):
        for seconds in (0.0, FORGET_SECONDS):
            clock[0] = seconds
            with pytest.raises(StoreUnavailable, match="HTTP 401: the identity's token is refused"):
                store.get(SHARD, "k")

        assert store.get(SHARD, "k") is None
    assert scopes == {"https://storage.azure.com/.default"}


def test_the_token_is_for_storage_and_never_told(sandbox: Sandbox) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        error = {"code": "AuthorizationPermissionMismatch", "message": {"value": "you may not"}}
        return json_answer(403, {"odata.error": error})

    credential = fixed_credential()
    with (
        scripted(sandbox, answer) as far,
        closing(TableStore(of_tables(f"{far.base_url}/clinic"), credential)) as store,
        pytest.raises(StoreUnavailable, match="lacks the role") as caught,
    ):
        store.get(SHARD, "k")

    assert [each.headers["authorization"] for each in asked] == [f"Bearer {TOKEN}"]
    assert TOKEN not in f"{caught.value!r} {caught.value}"

"""A running sandbox, the environment that leads the SDKs to it, and the adapters on top."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.arm.reader import ArmReader
from adapters.azure_http.credential import azure_credential
from adapters.log_analytics.activity_log import LogAnalytics
from drift.ports import Store
from sandbox.world import Sandbox
from tests.adapters.queues.queue_kinds import KINDS, Kind
from tests.adapters.store.stores import STORES
from tests.azurite import Azurite
from tests.support.azure_fakes import ACCOUNT, ARM_SCOPE, LOGS_SCOPE, ReadersOf, fixed_credential


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store of each kind."""
    with closing(STORES[request.param](tmp_path, _started(request))) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    """Yield empty queues of each kind."""
    with KINDS[request.param](tmp_path, _started(request)) as opened:
        yield opened


def _started(request: pytest.FixtureRequest) -> Callable[[], Azurite]:
    """Return a function that starts Azurite."""

    def azurite() -> Azurite:
        started: Azurite = request.getfixturevalue("azurite")
        return started

    return azurite


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Yield a sandbox trusted by the environment; an adapter reads once: no replica and no log is behind."""
    with Sandbox(lag=None, log_delay=(0.0, 0.0)) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        running.place(
            {
                "id": ACCOUNT,
                "name": "records",
                "type": "Microsoft.Storage/storageAccounts",
                "location": "eastus",
                "kind": "StorageV2",
                "sku": {"name": "Standard_LRS"},
                "properties": {"minimumTlsVersion": "TLS1_2"},
            },
            {
                "id": f"{ACCOUNT}/blobServices/default",
                "name": "default",
                "type": "Microsoft.Storage/storageAccounts/blobServices",
                "properties": {},
            },
        )
        yield running


@pytest.fixture
def pauses() -> list[float]:
    """Return what collects every pause that a reader makes."""
    return []


@pytest.fixture
def reader(sandbox: Sandbox, pauses: list[float]) -> Iterator[ArmReader]:
    """Yield the production reader, signed in by the sandbox's managed identity."""
    identity = azure_credential("", os.environ)
    opened = ArmReader(
        identity, endpoint=sandbox.arm.base_url, scope=ARM_SCOPE, sleep=pauses.append
    )
    with closing(identity), closing(opened):
        yield opened


@pytest.fixture
def reader_of(pauses: list[float]) -> Iterator[ReadersOf]:
    """Yield what makes a reader of a server that stands in for ARM."""
    opened: list[ArmReader] = []

    def build(endpoint: str) -> ArmReader:
        credential = fixed_credential()
        opened.append(
            ArmReader(credential, endpoint=endpoint, scope=ARM_SCOPE, sleep=pauses.append)
        )
        return opened[-1]

    yield build
    for each in opened:
        each.close()


@pytest.fixture
def log(sandbox: Sandbox) -> Iterator[LogAnalytics]:
    """Yield the production log, signed in by the sandbox's managed identity."""
    identity = azure_credential("", os.environ)
    opened = LogAnalytics(
        identity,
        endpoint=sandbox.logs.base_url,
        scope=LOGS_SCOPE,
        workspace_id=sandbox.logs.workspace_id,
    )
    with closing(identity), closing(opened):
        yield opened

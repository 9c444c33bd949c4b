"""Fixtures of tests that keep the evidence log in a container."""

from collections.abc import Iterator

import pytest

from tests.support.blob_container import BlobService, blob_service


@pytest.fixture(scope="session")
def account(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[BlobService, dict[str, str]]]:
    """Yield the blobs of an account, and the environment in which an identity reaches them."""
    with blob_service(tmp_path_factory.mktemp("blobs")) as started:
        yield started


@pytest.fixture
def service(
    account: tuple[BlobService, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[BlobService]:
    """Yield the blobs of an account, reached by the environment's identity, without faults."""
    started, environment = account
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    started.forget()
    yield started
    started.clear()
    started.has_policy = False

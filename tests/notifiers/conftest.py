"""A certificate authority for the far ends, and sessions that trust it."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifiers.sessions import Sessions
from sandbox.http.certificates import server_context, write_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of an authority that nobody else trusts."""
    return write_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def tls(authority: Path) -> ssl.SSLContext:
    """Return the TLS context of a server."""
    return server_context(authority.parent)


@pytest.fixture(scope="session")
def sessions(authority: Path) -> Iterator[Sessions]:
    """Yield sessions that trust the authority, as REQUESTS_CA_BUNDLE would have them do."""
    made = Sessions(ca_bundle=str(authority))
    yield made
    made.close()

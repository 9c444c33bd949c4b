"""The readers that one set of tests holds, on a sandbox that has the document of each."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from adapters.azure_http.credential import azure_credential
from sandbox.world import Sandbox
from tests.adapters.readers.reader_kinds import KINDS, Opened, ReaderKind, ReadersOf
from tests.support.azure_fakes import ARM_SCOPE, fixed_credential


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> ReaderKind:
    """Return each kind of reader."""
    return KINDS[request.param]


@pytest.fixture
def reader(sandbox: Sandbox, kind: ReaderKind, pauses: list[float]) -> Iterator[Opened]:
    """Yield a production reader, signed in by the sandbox's managed identity."""
    sandbox.place({"id": kind.document, "properties": {}})
    identity = azure_credential("", os.environ)
    opened = kind.open(
        identity, endpoint=sandbox.arm.base_url, scope=ARM_SCOPE, sleep=pauses.append
    )
    with closing(identity), closing(opened):
        yield opened


@pytest.fixture
def reader_of(kind: ReaderKind, pauses: list[float]) -> Iterator[ReadersOf]:
    """Yield what makes a reader of a server that stands in for ARM."""
    with ExitStack() as opened:

        def build(endpoint: str, **options: float) -> Opened:
            reader = kind.open(
                fixed_credential(),
                endpoint=endpoint,
                scope=ARM_SCOPE,
                sleep=pauses.append,
                **options,
            )
            return opened.enter_context(closing(reader))

        yield build

"""The stores that the contract of an evidence log is run against, each empty."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.evidence.blobs import EvidenceBlobs
from adapters.evidence.file_key import FileKey
from tests.support.blob_container import BlobService, calls_to
from tests.support.blob_fixtures import account, service
from tests.support.evidence import Kept, MemoryEvidence, evidence_in

__all__ = ["account", "service"]

KINDS = ("files", "memory", "blobs", "blobs under a policy", "blobs of few blocks")


@pytest.fixture(params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Yield an empty store of each kind."""
    if request.param == "files":
        yield evidence_in(tmp_path)
    elif request.param == "memory":
        yield MemoryEvidence()
    else:
        service: BlobService = request.getfixturevalue("service")
        service.has_policy = "policy" in request.param
        most_blocks = 2 if "few" in request.param else 50_000
        calls = calls_to(service.new_container())
        with closing(EvidenceBlobs(calls, no_key, most_blocks=most_blocks)) as opened:
            yield opened


def no_key() -> FileKey:
    raise NotImplementedError("nothing is signed here")

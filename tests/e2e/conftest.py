"""One clinic without lag or faults that most of these tests share; each uses its own resources."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.e2e.clinic import Clinic


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with Sandbox(lag=None, behaviour=PROMPT) as azure:
        clinic = Clinic(azure, tmp_path_factory.mktemp("shared"))
        with clinic.served():
            clinic.subscribe()
            yield clinic


@pytest.fixture
def clinic(shared: Clinic) -> Iterator[Clinic]:
    """Return the shared clinic, served, with nothing broken in it and nothing under way."""
    yield shared
    shared.azure.clear()
    shared.quiet()


@pytest.fixture
def own_clinic(tmp_path: Path) -> Iterator[Clinic]:
    """Return a clinic of the test's own, not served yet, without lag and whims."""
    with Sandbox(lag=None, behaviour=PROMPT, log_delay=(0.0, 0.0)) as azure:
        yield Clinic(azure, tmp_path)

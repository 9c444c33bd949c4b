"""One clinic with replicas that lag, without faults, that most tests share; each uses its own resources."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.e2e.clinic import LAG, Clinic


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with Sandbox(lag=LAG, behaviour=PROMPT) as azure:
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
def prompt_clinic(clinic: Clinic) -> Iterator[Clinic]:
    """Return the shared clinic while no replica lags.

    It is for tests that count reads, and for those that expect each message of a change of several
    documents: what is told first depends on which of them a replica shows.
    """
    clinic.azure.arm.replicas.lag = None
    yield clinic
    clinic.azure.arm.replicas.lag = LAG


@pytest.fixture
def own_clinic(tmp_path: Path) -> Iterator[Clinic]:
    """Return a clinic of the test's own, not served yet."""
    with Sandbox(lag=LAG, behaviour=PROMPT, log_delay=(0.0, 0.0)) as azure:
        yield Clinic(azure, tmp_path)

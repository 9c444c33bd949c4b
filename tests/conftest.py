"""What tests of several folders share: the storage emulator, and where temporary files are."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.azurite import Azurite, running

_IN_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30
_MOST_CORES = 4


def pytest_configure() -> None:
    """Make the tests independent of the machine's speed: of its disk, and of slow property tests.

    Temporary files are in memory where there is room, since SQLite waits for the disk at each commit.
    No test loses the machine's memory: a process that is killed leaves its files as they are.
    """
    settings.register_profile(
        "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("any machine")
    if _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ENOUGH_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))


def pytest_xdist_auto_num_workers() -> int:
    """Use each core, and one process more: tests with processes of their own mostly wait for them."""
    return min(os.cpu_count() or 1, _MOST_CORES) + 1


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running(tmp_path_factory.mktemp("azurite")) as started:
        yield started

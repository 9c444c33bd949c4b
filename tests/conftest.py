"""What tests of several folders share: the storage emulator, started by the first that needs it."""

from collections.abc import Iterator

import pytest

from tests.azurite import Azurite, running


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running(tmp_path_factory.mktemp("azurite")) as started:
        yield started

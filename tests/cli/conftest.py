"""Fixtures of the commands' tests: a sandbox to call, a monitor whose state a command reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clinic.estate import clinic as estate
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.support import open_account
from tests.support.blob_fixtures import account, service
from tests.support.clinic_fixtures import clinic
from tests.support.commands import Commands, commands_from
from tests.support.incidents_command import incidents
from tests.support.rig import ACCOUNT, Rig

__all__ = ["account", "clinic", "incidents", "service"]


@pytest.fixture
def azure() -> Iterator[Sandbox]:
    """Return the clinic's Azure; a command looks once, so no replica is behind."""
    with Sandbox(lag=None, limits=None, behaviour=PROMPT, log_delay=(0.0, 0.0)) as sandbox:
        sandbox.place(*estate())
        yield sandbox


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Return what runs commands as processes, whose imports are done once."""
    with commands_from(tmp_path_factory.mktemp("commands")) as started:
        yield started


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a monitor on a state in a file that has seen the account in order, and settled."""
    rig = Rig(tmp_path)
    open_account.place(rig)
    rig.only(open_account.OPEN)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    yield rig
    rig.close()

"""Fixtures: a monitor of one account, with a control of the account's own property."""

from collections.abc import Iterator

import pytest

from tests.support import open_account
from tests.support.rig import ACCOUNT, Rig


@pytest.fixture
def clinic() -> Iterator[Rig]:
    """Return a monitor that has never seen the account, which is in order."""
    rig = Rig(None)
    open_account.place(rig)
    rig.only(open_account.OPEN)
    yield rig
    rig.close()


@pytest.fixture
def known(clinic: Rig) -> Rig:
    """Return a monitor that has seen the account in order, and settled."""
    clinic.write(ACCOUNT)
    clinic.later(minutes=5)
    clinic.arm.reads.clear()
    return clinic

"""A monitor of one account, by a control that looks at the account's own property."""

from collections.abc import Iterator

import pytest

from tests.drift import estate
from tests.drift.rig import ACCOUNT, Rig


@pytest.fixture
def clinic() -> Iterator[Rig]:
    """Return a monitor that has never seen the account, which is in order."""
    rig = Rig(None)
    estate.place(rig)
    rig.only(estate.OPEN)
    yield rig
    rig.close()


@pytest.fixture
def known(clinic: Rig) -> Rig:
    """Return a monitor that has seen the account in order, and settled."""
    clinic.write(ACCOUNT)
    clinic.later(minutes=5)
    clinic.arm.reads.clear()
    return clinic

"""A monitor whose estate was swept before."""

import pytest

from tests.drift.sweep.sweeping import swept
from tests.support.rig import Rig


@pytest.fixture
def watched(known: Rig) -> Rig:
    """Return a monitor that has swept the estate before, and found it in order."""
    swept(known)
    known.arm.reads.clear()
    return known

"""What a monitor decides, in lines of its log."""

from tests.support import open_account
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, Rig

CONTROL = open_account.OPEN.CONTROL.id


def opened(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)


def passes_soon(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(seconds=10)
    mended(rig)
    rig.write(ACCOUNT)

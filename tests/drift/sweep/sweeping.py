"""An estate of accounts that a monitor sweeps."""

from tests.support import open_account
from tests.support.rig import ACCOUNT, Rig

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"


def accounts(rig: Rig, count: int, *, is_open: bool = False) -> list[str]:
    """Put so many accounts there, in a group that holds PHI."""
    names = [f"{ACCOUNT}{number:04}" for number in range(count)]
    for each in names:
        open_account.place(rig, account=each)
        rig.arm.set(each, open=is_open)
    return names


def swept(rig: Rig, *, minutes: int = 5) -> None:
    """Sweep, and let the minutes pass that it may take."""
    rig.run(rig.monitor.sweep())
    rig.later(minutes=minutes)

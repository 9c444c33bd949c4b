"""The services that are queried about who used them while exposed: one module each.

To add one: write its module with an ``Investigation``, its queries and a row in docs/exposure.md, and list
it here.
"""

from typing import Final

from drift.exposure.case import Investigation
from drift.exposure.services.disk import DISK
from drift.exposure.services.network import NETWORK
from drift.exposure.services.sql import SQL
from drift.exposure.services.storage import STORAGE
from drift.exposure.services.vault import VAULT

INVESTIGATIONS: Final[tuple[Investigation, ...]] = (STORAGE, NETWORK, VAULT, SQL, DISK)

_BY_CONTROL: Final = {name: each for each in INVESTIGATIONS for name in each.controls}


def investigation_of(control_id: str) -> Investigation | None:
    """Return the investigation for a control, None if there is none."""
    return _BY_CONTROL.get(control_id)

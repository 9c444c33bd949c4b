"""The services that are queried about who used them while exposed: one module each.

To add one: write its module with an ``Investigation``, its queries and a row in docs/exposure.md, and list
it here.
"""

from typing import Final

from drift import ids
from drift.exposure.case import Investigation
from drift.exposure.services.disk import DISK
from drift.exposure.services.network import NETWORK
from drift.exposure.services.roles import EMERGENCY, ROLES
from drift.exposure.services.sign_ins import SIGN_INS
from drift.exposure.services.sql import SQL
from drift.exposure.services.storage import STORAGE
from drift.exposure.services.vault import VAULT

INVESTIGATIONS: Final[tuple[Investigation, ...]] = (
    *(STORAGE, NETWORK, VAULT, SQL, DISK),
    *(SIGN_INS, ROLES, EMERGENCY),
)

_BY_CONTROL: Final = {name: each for each in INVESTIGATIONS for name in each.controls}


def investigation_of(control_id: str, resource_id: str) -> Investigation | None:
    """Return the investigation for a control of a resource, None if there is none."""
    found = _BY_CONTROL.get(control_id)
    is_fit = found and found.only in ("", ids.type_of(resource_id))
    return found if is_fit else None

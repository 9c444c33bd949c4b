"""The key vault of a name. Names are unique in the world, so the vault of that name is the one."""

from typing import Final

from detectors.evidence import listed
from detectors.keys.key_uri import Holder
from drift import ids
from drift.errors import Unreadable
from drift.estate import Around
from drift.model import Resource

_VAULTS: Final = "providers/Microsoft.KeyVault/vaults"
_HSMS: Final = "providers/Microsoft.KeyVault/managedHSMs"

NOT_READABLE: Final = (
    "deleted, in another tenant, or in a subscription that the monitor cannot read: there it needs "
    "the role Reader"
)


def id_of(holder: Holder, resource: Resource, estate: Around) -> str:
    """Return the id of the vault of this name, from the resource's subscription or from any other.

    Raise Unreadable where none is found: a vault elsewhere cannot be told from a deleted one.
    """
    collection = _HSMS if holder.is_hsm else _VAULTS
    own = f"/subscriptions/{ids.subscription_of(resource.id)}"
    known, doubt = listed(lambda: estate.children(own, collection))
    if found := _named(known, holder):
        return found
    elsewhere, _ = listed(lambda: estate.children("", collection))
    if found := _named(elsewhere, holder):
        return found
    raise doubt or Unreadable(f"key vault {holder.name}", NOT_READABLE)


def _named(known: tuple[Resource, ...], holder: Holder) -> str:
    return next((each.id for each in known if each.name.lower() == holder.name), "")

"""Find a key vault by its name. Names are globally unique, so there is only one vault of a name."""

from typing import Final

from detectors.evidence import listed
from detectors.keys.key_uri import Holder
from drift import ids
from drift.arm import unique_names
from drift.errors import NotGiven, Unreadable
from drift.estate import Around
from drift.model import Resource

NOT_READABLE: Final = (
    "deleted, in another tenant, or in a subscription that the monitor cannot read: there it needs "
    "the role Reader"
)


def id_of(holder: Holder, resource: Resource, estate: Around) -> str:
    """Return the id of the vault of this name, from the resource's subscription or from any other.

    The others are searched by Resource Graph, which shows what the monitor's identity may read.
    Raise Unreadable if none is found: a vault elsewhere cannot be distinguished from a deleted one.
    If the list of the own subscription is refused, the other subscriptions do not replace it.
    """
    kind = unique_names.HSMS if holder.is_hsm else unique_names.VAULTS
    own = f"/subscriptions/{ids.subscription_of(resource.id)}"
    known, doubt = listed(lambda: estate.children(own, f"providers/{kind}"))
    if found := next((each for each in known if each.name.lower() == holder.name), None):
        return found.id
    if doubt and not isinstance(doubt, NotGiven):
        raise doubt
    try:
        elsewhere = estate.get(unique_names.id_of(kind, holder.name))
    except NotGiven:
        elsewhere = None
    if elsewhere:
        return elsewhere.id
    raise doubt or Unreadable(f"key vault {holder.name}", NOT_READABLE)

"""What the Cosmos DB controls share: the type of an account, and the interfaces that it serves."""

from typing import Any, Final

from drift.errors import Unreadable
from drift.model import Resource, dig

ACCOUNT: Final = "microsoft.documentdb/databaseaccounts"

KIND: Final = "kind"
CAPABILITIES: Final = "properties.capabilities"

MONGO: Final = "MongoDB"
CASSANDRA: Final = "Cassandra"
GREMLIN: Final = "Gremlin"
TABLE: Final = "Table"

_BY_CAPABILITY: Final = {
    "enablemongo": MONGO,
    "enablecassandra": CASSANDRA,
    "enablegremlin": GREMLIN,
    "enabletable": TABLE,
}


def interfaces(account: Resource) -> frozenset[str]:
    """Return the interfaces that an account serves beside SQL; most accounts serve none.

    An account without capabilities serves SQL alone. Raise Unreadable where a capability has no name.
    """
    names = [_name(each) for each in account.items(CAPABILITIES)]
    found = {_BY_CAPABILITY[each] for each in names if each in _BY_CAPABILITY}
    return frozenset(found | ({MONGO} if account.word(KIND) == "mongodb" else set()))


def _name(capability: Any) -> str:
    name = dig(capability, "name")
    if not isinstance(name, str):
        raise Unreadable(CAPABILITIES, "a capability has no name")
    return name.lower()

"""What the Cosmos DB controls share: the type of an account, and the interfaces that it serves."""

from typing import Any, Final

from detectors.evidence import check_properties
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig

ACCOUNT: Final = "microsoft.documentdb/databaseaccounts"

KIND: Final = "kind"
CAPABILITIES: Final = "properties.capabilities"

MONGO: Final = "MongoDB"
CASSANDRA: Final = "Cassandra"
GREMLIN: Final = "Gremlin"
TABLE: Final = "Table"

_OF_MONGO: Final = "mongodb"
_KINDS: Final = (MISSING, "globaldocumentdb", _OF_MONGO, "parse")

_BY_CAPABILITY: Final = {
    "enablemongo": MONGO,
    "enablecassandra": CASSANDRA,
    "enablegremlin": GREMLIN,
    "enabletable": TABLE,
}


def interfaces(account: Resource) -> frozenset[str]:
    """Return the interfaces that an account serves beside SQL; most accounts serve none.

    An account without capabilities serves SQL alone, and so does one without a kind, the default.
    Raise Unreadable on an unknown kind and where a capability has no name.
    """
    check_properties(account)
    kind = account.word(KIND)
    if kind not in _KINDS:
        raise Unreadable(KIND, "not a known kind")
    names = [_name(each) for each in account.items(CAPABILITIES)]
    found = {_BY_CAPABILITY[each] for each in names if each in _BY_CAPABILITY}
    return frozenset(found | ({MONGO} if kind == _OF_MONGO else set()))


def _name(capability: Any) -> str:
    name = dig(capability, "name")
    if not isinstance(name, str):
        raise Unreadable(CAPABILITIES, "a capability has no name")
    return name.lower()

"""The meaning of an ARM path: a document or a collection, and what must exist above it."""

import enum
from dataclasses import dataclass
from typing import Final


class Kind(enum.Enum):
    """The kind of a path."""

    DOCUMENT = "a subscription, a group, a resource, a child or an extension"
    COLLECTION = "all documents of one type below a scope"
    RESOURCES = "all top-level resources of a subscription or a group"
    SUBSCRIPTIONS = "all subscriptions"
    TENANTS = "all tenants"
    PROVIDER = "a resource provider of a subscription"
    NOTHING = "no ARM path"


SUBSCRIPTION: Final = "Microsoft.Resources/subscriptions"
GROUP: Final = "Microsoft.Resources/subscriptions/resourceGroups"
TAGS: Final = "microsoft.resources/tags"
DIAGNOSTICS: Final = "microsoft.insights/diagnosticsettings"


@dataclass(frozen=True, slots=True)
class Place:
    """A parsed path.

    ``type`` has the case of the path. ``above`` is the id that must exist: the parent of a child,
    the target of an extension, the group of a resource. For a collection ``name`` is empty.
    """

    kind: Kind
    path: str
    type: str = ""
    name: str = ""
    above: str = ""
    child: bool = False

    @property
    def key(self) -> str:
        """Return the key that identifies a document."""
        return self.path.lower()

    @property
    def type_key(self) -> str:
        """Return the type in lower case."""
        return self.type.lower()

    @property
    def namespace(self) -> str:
        """Return the resource provider, as spelt."""
        return self.type.partition("/")[0]

    @property
    def extension(self) -> bool:
        """Tell whether its parent is another resource (not a group or a subscription)."""
        return "/providers/" in self.above.lower() and not self.child


def parse(path: str) -> Place:
    """Parse a path."""
    names = [name for name in path.strip().split("/") if name]
    whole = "/" + "/".join(names)
    at = max((i for i, name in enumerate(names) if name.lower() == "providers"), default=None)
    if at is None:
        return _container(names, whole)
    scope = "/" + "/".join(names[:at]) if at else ""
    rest = names[at + 1 :]
    if len(rest) == 1:
        return Place(Kind.PROVIDER, whole, name=rest[0], above=scope)
    if not rest:
        return Place(Kind.NOTHING, whole)
    return _below_provider(whole, scope, rest)


def _below_provider(whole: str, scope: str, rest: list[str]) -> Place:
    namespace, pairs = rest[0], rest[1:]
    type_name = "/".join([namespace, *pairs[0::2]])
    single = len(pairs) % 2 == 0
    own = 2 if single else 1
    child = len(pairs) > own
    above = f"{scope}/providers/{namespace}/{'/'.join(pairs[:-own])}" if child else scope
    kind = Kind.DOCUMENT if single else Kind.COLLECTION
    return Place(kind, whole, type_name, pairs[-1] if single else "", above, child)


def _container(names: list[str], whole: str) -> Place:
    low = [name.lower() for name in names]
    above = "/" + "/".join(names[:2])
    match low:
        case ["tenants"]:
            return Place(Kind.TENANTS, whole)
        case ["subscriptions"]:
            return Place(Kind.SUBSCRIPTIONS, whole)
        case ["subscriptions", _]:
            return Place(Kind.DOCUMENT, whole, SUBSCRIPTION, names[1])
        case ["subscriptions", _, "resourcegroups"]:
            return Place(Kind.COLLECTION, whole, GROUP, "", above)
        case ["subscriptions", _, "resourcegroups", _]:
            return Place(Kind.DOCUMENT, whole, GROUP, names[3], above)
        case ["subscriptions", _, "resources"]:
            return Place(Kind.RESOURCES, whole, above=above)
        case ["subscriptions", _, "resourcegroups", _, "resources"]:
            return Place(Kind.RESOURCES, whole, above=whole.rpartition("/")[0])
        case _:
            return Place(Kind.NOTHING, whole)


def subscription_of(path: str) -> str:
    """Return the subscription's GUID, "" where there is none."""
    names = path.strip("/").split("/")
    return names[1] if len(names) > 1 and names[0].lower() == "subscriptions" else ""


def group_of(path: str) -> str:
    """Return the group's name as spelt, "" where there is none."""
    names = path.strip("/").split("/")
    return names[3] if len(names) > 3 and names[2].lower() == "resourcegroups" else ""


def chain(path: str) -> list[Place]:
    """Return every document from the subscription down to the path itself."""
    places = []
    place = parse(path)
    while place.path != "/":
        places.append(place)
        if not place.above:
            break
        place = parse(place.above)
    return places[::-1]

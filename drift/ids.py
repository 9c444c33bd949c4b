"""ARM resource ids: their types, their parents, and one spelling to compare them by."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")

SUBSCRIPTION: Final = "microsoft.resources/subscriptions"
GROUP: Final = "microsoft.resources/subscriptions/resourcegroups"
TENANT: Final = "microsoft.resources/tenants"
"""Its id is ``/tenants/GUID``: https://learn.microsoft.com/rest/api/resources/tenants/list"""

MANAGEMENT_GROUP: Final = "microsoft.management/managementgroups"
POLICY_STATES: Final = "microsoft.policyinsights/policystates"
"""How resources comply with policies; only Resource Graph shows them."""

_SUBSCRIPTION_ID: Final = re.compile(r"/?subscriptions/([^/]+)", re.IGNORECASE)
_TENANT_ID: Final = re.compile(r"/tenants/[^/]+", re.IGNORECASE)
_LIST_ID: Final = re.compile(r"/subscriptions/[^/]+/providers/[^/]+/[^/]+", re.IGNORECASE)
_GROUP_ID: Final = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+", re.IGNORECASE)

_EXTENDING: Final = re.compile(r"(/providers/.+)/providers/[^/]+(?=/[^/]+$)")
"""A collection of extensions; its replacement by group 1 leaves out the extensions' own provider."""

_ALIAS: Final = re.compile(
    r"/?(subscriptions/[^/]+)/providers/AzureResourceManager/diagnosticSettings/([^/]+)",
    re.IGNORECASE,
)
"""How Azure Monitor spells the id of a diagnostic setting of a subscription."""

_INHERITED: Final = "microsoft.authorization/"
"""Assignments apply to everything below their scope, where ARM lists them under their own id."""


_REMEMBERED: Final = 1 << 12
"""How many ids each function caches: one evaluation uses the same ids many times."""


def _remembered(answer: Callable[[str], T]) -> Callable[[str], T]:
    """Cache the answers for the most recent ids."""
    return functools.lru_cache(maxsize=_REMEMBERED)(answer)


@_remembered
def key(resource_id: str) -> str:
    """Return the spelling that ids are compared by: lower case, a slash in front, none at the end."""
    return rooted(resource_id.strip().rstrip("/").lower())


def rooted(resource_id: str) -> str:
    """Return an id with its leading slash, which Azure leaves out of some extensions' ids.

    https://learn.microsoft.com/rest/api/monitor/subscription-diagnostic-settings/list
    """
    is_bare = resource_id[:14].lower().startswith(("subscriptions/", "providers/"))
    return f"/{resource_id}" if is_bare else resource_id


@_remembered
def is_id(text: str) -> bool:
    """Tell whether a text has the form of an ARM id below a subscription or a tenant."""
    names = text.strip().strip("/").split("/")
    rooted = names[0].lower() in ("subscriptions", "providers", "tenants")
    return rooted and len(names) > 1 and all(names)


@_remembered
def type_of(resource_id: str) -> str:
    """Return the type of an id in lower case, such as ``microsoft.storage/storageaccounts``."""
    _, found, after = key(resource_id).rpartition("/providers/")
    if not found:
        if _TENANT_ID.fullmatch(after):
            return TENANT
        return GROUP if _GROUP_ID.fullmatch(after) else SUBSCRIPTION
    names = after.split("/")
    return "/".join([names[0], *names[1::2]])


def provider_of(resource_id: str) -> str:
    """Return the resource provider of an id in lower case, such as ``microsoft.storage``."""
    return type_of(resource_id).partition("/")[0]


def subscription_of(resource_id: str) -> str:
    """Return the subscription's GUID in lower case, "" where the id is not below one."""
    found = _SUBSCRIPTION_ID.match(resource_id)
    return found.group(1).lower() if found else ""


def tenant_of(resource_id: str) -> str:
    """Return the id of the tenant that an id lies below, as spelled there; "" outside of ``/tenants/``."""
    found = _TENANT_ID.match(resource_id)
    return found.group(0) if found else ""


def home_of(resource_id: str) -> str:
    """Return the id, in lower case, of the subscription or the tenant that an id lies in; "" for neither.

    Limits on reads and the answers of providers belong to it.
    """
    return key(subscription_id_of(resource_id) or tenant_of(resource_id))


def subscription_id_of(resource_id: str) -> str:
    """Return the id of the subscription of an id, as spelled there; "" outside of a subscription."""
    found = _SUBSCRIPTION_ID.match(resource_id)
    return found.group(0) if found else ""


def group_of(resource_id: str) -> str:
    """Return the id of the resource group of an id, as spelled there; "" outside of a group."""
    found = _GROUP_ID.match(resource_id)
    return found.group(0) if found else ""


def list_of(resource_id: str) -> str:
    """Return the id of the list of all resources of this type in the subscription."""
    return f"/subscriptions/{subscription_of(resource_id)}/providers/{type_of(resource_id)}"


def is_list(document: str) -> bool:
    """Tell whether an id names a list of a whole subscription."""
    return bool(_LIST_ID.fullmatch(document.rstrip("/")))


def is_item_of(resource_id: str, collection: str) -> bool:
    """Tell whether a resource may be an item of a collection, also of a whole subscription's list.

    Some providers return extensions under an id without the name of their own provider.
    """
    name, whole = f"/{key(resource_id).lstrip('/')}", f"/{key(collection).lstrip('/')}"
    above = name.rpartition("/")[0]
    if above == whole or above == _EXTENDING.sub(r"\1", whole):
        return True
    if is_inherited(name):
        return type_of(name) == type_of(f"{whole}/item")
    return is_list(whole) and list_of(name) == whole


def is_inherited(resource_id: str) -> bool:
    """Tell whether an id names an assignment, an exemption or a definition.

    ARM lists them with the scopes above and below their own.
    """
    return type_of(resource_id).startswith(_INHERITED)


def own_of(body: Mapping[str, Any]) -> str:
    """Return the id in an ARM body, "" where there is none.

    Where a child has the id of its parent, its type and name are appended, as for
    https://learn.microsoft.com/rest/api/sql/transparent-data-encryptions/get
    A diagnostic setting of a subscription is returned under another provider, without a slash:
    https://learn.microsoft.com/rest/api/monitor/subscription-diagnostic-settings/list
    """
    own, kind, name = body.get("id"), body.get("type"), body.get("name")
    if not isinstance(own, str):
        return ""
    own = _respelt(own)
    if not isinstance(kind, str) or not isinstance(name, str) or not name:
        return own
    parent, _, child = kind.rpartition("/")
    return f"{own}/{child}/{name}" if parent.lower() == type_of(own) else own


@_remembered
def _respelt(shown: str) -> str:
    """Return an id as the rest of Azure spells it: rooted, and without an alias."""
    own = shown.strip().rstrip("/")
    if alias := _ALIAS.fullmatch(own):
        return f"/{alias[1]}/providers/microsoft.insights/diagnosticSettings/{alias[2]}"
    return rooted(own)


def lineage(resource_id: str) -> Iterator[str]:
    """Yield the id and every resource above it up to the subscription, the nearest first.

    ``…/storageAccounts/a/blobServices/default/containers/c`` yields the container, the blob
    service, the account, the group, the subscription; after an extension comes the extended resource.
    """
    names = resource_id.strip().strip("/").split("/")
    while len(names) >= 2:
        if names[-2].lower() != "providers":
            yield "/" + "/".join(names)
        names = names[:-2]


def belongs_to(document: str, whole: str) -> bool:
    """Tell whether a change of ``document`` may appear in a read of ``whole`` (both by ``key``).

    True for the document itself, an item of a collection, a child, and the tags of a resource.
    False for a resource in a group or a subscription, and for other extensions.
    """
    if document == whole:
        return True
    rest = document.removeprefix(f"{whole}/")
    if rest == document:
        return False
    if rest.startswith("providers/microsoft.resources/tags/"):
        return True
    return "/providers/" in whole and "providers/" not in rest


def is_shown_in(subject: str, document: str) -> bool:
    """Tell whether a read of ``document`` may show a change of ``subject`` (both by ``key``).

    A list of a whole subscription also shows the resources in its groups.
    """
    return belongs_to(subject, document) or (is_list(document) and is_item_of(subject, document))


def name_of(resource_id: str) -> str:
    """Return the name of a resource: the last segment of its id."""
    return resource_id.rstrip("/").rpartition("/")[2]


def parent_of(child_id: str) -> str:
    """Return the id of a child's parent."""
    return child_id.rstrip("/").rsplit("/", 2)[0]


def list_name_of(relative_id: str) -> str:
    """Return the list that shows a resource, both relative to their subscription; "" outside of a group.

    ``resourceGroups/g/providers/Microsoft.X/things/a`` is shown in ``providers/Microsoft.X/things``.
    """
    before, _, after = relative_id.rpartition("/providers/")
    is_top = before.lower().startswith("resourcegroups/") and after.count("/") == 2
    return f"providers/{after.rpartition('/')[0]}" if is_top else ""


def relative_to(resource_id: str, owner_id: str) -> str:
    """Return an id relative to its owner, else its last type and name."""
    if key(resource_id).startswith(f"{key(owner_id)}/"):
        return resource_id.rstrip("/")[len(owner_id.rstrip("/")) + 1 :]
    return last_pair_of(resource_id)


def last_pair_of(resource_id: str) -> str:
    """Return the last type and name of an id, such as ``storageAccounts/records``."""
    return "/".join(resource_id.rstrip("/").split("/")[-2:])

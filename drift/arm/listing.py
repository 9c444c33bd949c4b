"""Which resource types Resource Graph lists in its table of resources."""

from typing import Final

from drift import ids

CONTAINERS: Final = (ids.SUBSCRIPTION, ids.GROUP)
"""Types that stand in a table of their own."""


_CHILDREN: Final = frozenset(
    {"microsoft.sql/servers/databases", "microsoft.sql/managedinstances/databases"}
)
"""Child types with rows of their own:
https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources"""


def is_listed(kind: str) -> bool:
    """Tell whether Resource Graph has rows of a type in its table of resources."""
    return kind in _CHILDREN or (kind.count("/") == 1 and kind not in CONTAINERS)

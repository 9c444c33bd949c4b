"""The resource types that Azure Resource Graph lists in its table ``resources``."""

from typing import Final

from drift import ids

CONTAINERS: Final = (ids.SUBSCRIPTION, ids.GROUP)
"""Types that Resource Graph lists in the table ``resourcecontainers`` instead."""


_LISTED_CHILDREN: Final = frozenset(
    {
        "microsoft.sql/servers/databases",
        "microsoft.sql/managedinstances/databases",
        "microsoft.healthcareapis/workspaces/fhirservices",
        "microsoft.healthcareapis/workspaces/dicomservices",
    }
)
"""Child types that have rows of their own.
https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources"""


def is_listed(kind: str) -> bool:
    """Tell whether the table ``resources`` has rows of a type (lower case)."""
    top_level = kind.count("/") == 1 and kind not in (*CONTAINERS, ids.TENANT, ids.MANAGEMENT_GROUP)
    return kind in _LISTED_CHILDREN or top_level

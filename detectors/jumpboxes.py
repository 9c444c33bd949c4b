"""Which resources are jumpboxes: machines that administrators connect through."""

from drift.estate import Baseline
from drift.model import Resource


def is_jumpbox(resource: Resource, baseline: Baseline) -> bool:
    """Tell whether a tag on the resource itself marks it as a jumpbox; upper and lower case agree.

    A jumpbox lowers a severity, so unreadable or invalid tags do not mark one.
    """
    names = {each.casefold() for each in baseline.jumpbox_tag_names}
    values = {each.casefold() for each in baseline.jumpbox_tag_values}
    return any(
        name.strip().casefold() in names and str(value).strip().casefold() in values
        for name, value in resource.tags.items()
    )

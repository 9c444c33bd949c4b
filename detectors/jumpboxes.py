"""Which resources are jumpboxes: machines that administrators are meant to come through."""

from drift.estate import Baseline
from drift.model import Resource


def is_jumpbox(resource: Resource, baseline: Baseline) -> bool:
    """Tell whether a tag on the resource itself marks it as a jumpbox; upper and lower case agree.

    It softens what is said of a machine, so tags that are odd or not shown mark nothing.
    """
    names = {each.casefold() for each in baseline.jumpbox_tag_names}
    values = {each.casefold() for each in baseline.jumpbox_tag_values}
    return any(
        name.strip().casefold() in names and str(value).strip().casefold() in values
        for name, value in resource.tags.items()
    )

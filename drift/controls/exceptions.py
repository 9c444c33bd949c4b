"""Find the approved exception that covers a control on a resource."""

from datetime import datetime

from drift.config.model import Config, Exemption


def exception_for(
    config: Config, control_id: str, resource_id: str, now: datetime
) -> Exemption | None:
    """Return the unexpired exception for this control on this resource or above it, else None."""
    wanted = resource_id.lower().rstrip("/")
    for each in config.exemptions:
        scope = each.resource_id.lower().rstrip("/")
        covered = wanted == scope or wanted.startswith(f"{scope}/")
        if each.control == control_id and covered and now < each.expires:
            return each
    return None

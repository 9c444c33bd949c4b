"""Find the exception that covers a control on a resource."""

from datetime import datetime

from drift.config.model import Config, Exemption


def exception_for(
    config: Config, control_id: str, resource_id: str, now: datetime
) -> Exemption | None:
    """Return the live exemption that covers this control on this resource, if there is one."""
    wanted = resource_id.lower().rstrip("/")
    for each in config.exemptions:
        scope = each.resource_id.lower().rstrip("/")
        covered = wanted == scope or wanted.startswith(f"{scope}/")
        if each.control == control_id and covered and now < each.expires:
            return each
    return None

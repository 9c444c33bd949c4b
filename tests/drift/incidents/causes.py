"""Events by several people, and who is named."""

from drift.notices import Notice
from drift.state.incident_record import Incident, load_incident
from tests.support.rig import ACCOUNT, Rig

OPENED = "TOY-OPEN opened"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def by(name: str) -> dict[str, str]:
    return {UPN: f"{name}@clinic.example", OID: f"oid-{name}"}


def last(rig: Rig) -> Notice:
    notice, _ = rig.teams.told[-1]
    return notice


def names(notice: Notice) -> list[str]:
    found = (notice.changed_by, *notice.others)
    return [each.name.partition("@")[0] for each in found if each]


def stored(rig: Rig) -> Incident:
    incident = load_incident(rig.store, ACCOUNT, "TOY-OPEN", 1)
    assert incident is not None
    return incident

"""The names of findings, incidents and notices in all messages."""

import hashlib

from drift import ids


def finding_uid(control_id: str, resource_id: str) -> str:
    """Return the permanent name of a finding: its control and its resource."""
    return f"{control_id}:{ids.key(resource_id)}"


def incident_id(control_id: str, resource_id: str, number: int) -> str:
    """Return the name of one opening of a finding, 64 characters."""
    return hashlib.sha256(f"{finding_uid(control_id, resource_id)}#{number}".encode()).hexdigest()


def notice_uid(incident: str, sequence: int) -> str:
    """Return the name of one change of an incident; a repeated message has the same name."""
    return hashlib.sha256(f"{incident}#{sequence}".encode()).hexdigest()[:32]


def record_uid(incident: str, *names: str) -> str:
    """Return the name of a record of an incident that is not one of its changes."""
    return hashlib.sha256("#".join((incident, *names)).encode()).hexdigest()[:32]

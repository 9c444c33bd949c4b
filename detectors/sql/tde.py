"""Whether a SQL database encrypts its files, logs and backups."""

from typing import Final

from detectors.evidence import evidence
from detectors.sql.servers import DATABASE, INSTANCE_DATABASE, is_master
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_STATE: Final = "properties.state"
_STATUS: Final = "properties.status"
"""The name of the state in the api-version of 2014."""

_ENCRYPTION: Final = "transparentDataEncryption"

CONTROL: Final = Control(
    id="SQL-TDE",
    title="SQL database must be encrypted at rest",
    service="SQL",
    severity=Severity.CRITICAL,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(2)(iv)",),
    why="Anyone who obtains a file or a backup can read the PHI in it.",
    fix="az sql db tde set --server <server> --database <name> --resource-group <group> "
    "--status Enabled",
    watches={
        DATABASE: (),
        f"{DATABASE}/{_ENCRYPTION.lower()}": (_STATE, _STATUS),
        INSTANCE_DATABASE: (),
        f"{INSTANCE_DATABASE}/{_ENCRYPTION.lower()}": (_STATE, _STATUS),
    },
    also_judges=(INSTANCE_DATABASE,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate transparent data encryption; absent is off, as for a new dedicated SQL pool."""
    if is_master(resource):
        return Verdict(Outcome.NOT_APPLICABLE, "Azure manages the encryption of master.")
    name = f"{resource.id}/{_ENCRYPTION}/current"
    current = estate.get(name) or Resource(name, "", {})
    path = _STATUS if current.get(_STATE) is MISSING else _STATE
    state = current.word(path)
    found = (evidence(current, _STATE if state is MISSING else path, "Enabled", of=resource),)
    if state == "enabled":
        return Verdict(Outcome.PASS, "Files, logs and backups are encrypted.", found)
    if state not in {MISSING, "disabled"}:
        raise Unreadable(f"{name}#{path}", "not a known state")
    return Verdict(
        Outcome.FAIL,
        "Files, logs and backups are not encrypted.",
        found,
        fix=Fix(
            (SetProperty(name, _STATE, "Enabled"),),
            "The database stays online; existing data is encrypted in the background.",
        ),
    )

"""A SQL server refuses every TLS version older than 1.2."""

from typing import Final

from detectors.evidence import evidence
from detectors.sql.servers import INSTANCE, SERVER
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_MINIMUM: Final = "properties.minimalTlsVersion"

_NEW: Final = ("1.2", "1.3")
_OLD: Final = ("1.0", "1.1")

CONTROL: Final = Control(
    id="SQL-TLS",
    title="SQL server requires TLS 1.2",
    service="SQL",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(e)(1)",),
    why="Whoever is on the path can read PHI, and the passwords sent with it.",
    fix="az sql server update --ids <id> --minimal-tls-version 1.2",
    watches={SERVER: (_MINIMUM,), INSTANCE: (_MINIMUM,)},
    also_judges=(INSTANCE,),
)


def evaluate(resource: Resource, _: Estate) -> Verdict:
    """Judge the minimum version; absent and None both mean that there is none.

    Azure itself refuses TLS 1.0 and 1.1 since August 2025: the setting alone is less grave.
    """
    minimum = resource.word(_MINIMUM)
    found = (evidence(resource, _MINIMUM, "1.2"),)
    if minimum in _NEW:
        return Verdict(Outcome.PASS, f"TLS {minimum} is the least accepted", found)
    if minimum not in {MISSING, "none", *_OLD}:
        raise Unreadable(_MINIMUM, "not a version we know")
    if minimum in _OLD:
        reason = f"the minimum version is TLS {minimum}, not 1.2"
    else:
        how = " (the setting is absent)" if minimum is MISSING else ""
        reason = f"there is no minimum TLS version{how}"
    return Verdict(
        Outcome.FAIL,
        reason,
        found,
        fix=Fix(
            (SetProperty(resource.id, _MINIMUM, "1.2"),),
            "Clients that cannot speak TLS 1.2 will break.",
        ),
    )

"""Whether a SQL server refuses TLS versions older than 1.2."""

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
    title="SQL server must require TLS 1.2",
    service="SQL",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(e)(1)",),
    why="Anyone on the network path can read PHI, and the passwords sent with it.",
    fix="az sql server update --ids <id> --minimal-tls-version 1.2",
    watches={SERVER: (_MINIMUM,), INSTANCE: (_MINIMUM,)},
    also_judges=(INSTANCE,),
)


def evaluate(resource: Resource, _: Estate) -> Verdict:
    """Evaluate the minimum version; absent and None both mean that there is none.

    Azure itself refuses TLS 1.0 and 1.1 since August 2025, so the severity is lower.
    """
    minimum = resource.word(_MINIMUM)
    found = (evidence(resource, _MINIMUM, "1.2 or 1.3"),)
    if minimum in _NEW:
        return Verdict(Outcome.PASS, f"TLS {minimum} or later is required.", found)
    if minimum not in {MISSING, "none", *_OLD}:
        raise Unreadable(_MINIMUM, "not a known version")
    if minimum in _OLD:
        reason = f"The minimum version is TLS {minimum}; TLS 1.2 is required."
    else:
        how = " (the setting is not shown)" if minimum is MISSING else ""
        reason = f"No minimum TLS version is set{how}; TLS 1.2 is required."
    return Verdict(
        Outcome.FAIL,
        reason,
        found,
        fix=Fix(
            (SetProperty(resource.id, _MINIMUM, "1.2"),),
            "Clients without TLS 1.2 lose access.",
        ),
    )

"""What one control found on one resource."""

from dataclasses import dataclass

from drift.estate import Scope
from drift.model import Control, Severity, Verdict


@dataclass(frozen=True, slots=True)
class ControlResult:
    """One control's verdict on one resource; ``severity`` is None unless it fails or is excepted."""

    control: Control
    verdict: Verdict
    severity: Severity | None
    scope: Scope

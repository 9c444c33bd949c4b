"""What Microsoft Defender for Cloud adds to a plan that is written."""

from datetime import datetime
from typing import Final

from sandbox.core.documents import Body
from sandbox.http.messages import Refused

PLAN: Final = "microsoft.security/pricings"


def fill_plan(body: Body, now: datetime) -> Body:
    """Return a plan with its coverage: what is switched on covers every resource; refuse other tiers."""
    given = body.get("properties") or {}
    tier = str(given.get("pricingTier", "")).lower()
    if tier not in ("free", "standard"):
        raise Refused(400, "InvalidInput", "The pricingTier must be Free or Standard.")
    on = tier == "standard"
    filled = {
        **given,
        "pricingTier": "Standard" if on else "Free",
        "freeTrialRemainingTime": "PT0S",
        "resourcesCoverageStatus": "FullyCovered" if on else "NotCovered",
        **({"enablementTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"} if on else {}),
    }
    return {**body, "properties": filled}

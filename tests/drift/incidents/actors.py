"""Who wrote, and what the activity log answers."""

from drift.ports import ActivityAnswer
from tests.support.rig import Log, Rig

OPENED = "TOY-OPEN opened"
UPDATED = "TOY-OPEN updated"
NOBODY: dict[str, str] = {}


def claims(name: str) -> dict[str, str]:
    return {
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": name,
        "http://schemas.microsoft.com/identity/claims/objectidentifier": f"oid-{name}",
    }


def asked(rig: Rig, *answers: ActivityAnswer) -> Log:
    log = Log(answers[0], list(answers[1:]))
    rig.change(activity_log=log)
    return log

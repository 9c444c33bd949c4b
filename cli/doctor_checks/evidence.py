"""Whether the evidence log can be written and read, and whether its key signs."""

from datetime import datetime
from typing import Final, Protocol

from cli.doctor_checks.check import Check, fail, ok
from drift.errors import EvidenceUnavailable
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.kept_logs import KeptFiles
from drift.evidence.merkle import root
from drift.evidence.notes import BadNote, signed
from drift.evidence.ports import EvidenceLog

LOG: Final = "evidence log"
KEY: Final = "evidence key"

_LOST: Final = "check the disk or the account that EVIDENCE_STORE names: it lost what it accepted"
_NOT_VERIFIED: Final = (
    "run it again: a new version of the key may have been made just now; if it persists, let "
    "EVIDENCE_SIGNING_KEY name another key"
)


class WholeLog(EvidenceLog, KeptFiles, Protocol):
    """A log that can be written and read."""


def log_check(log: WholeLog, *, folder: str, container: str, now: datetime) -> Check:
    """Append to the doctor's own file and read it back; the file stays, like everything in the log."""
    place = container or folder
    name, data = f"doctor/{now:%Y%m%dT%H%M%S.%fZ}.txt", b"phidrift doctor wrote this\n"
    try:
        log.append(name, 0, data)
        there = log.read(name)
    except EvidenceUnavailable as error:
        return fail(LOG, f"{place} cannot be used ({error})", error.remedy)
    if there != data:
        return fail(LOG, f"{place} lost a record that it had accepted", _LOST)
    return ok(LOG, f"{place} can be written and read")


def key_check(log: WholeLog) -> Check:
    """Sign a checkpoint of an empty log, and verify it only with the public key."""
    checkpoint = Checkpoint("phidrift/doctor", 0, root([]))
    try:
        key = log.public_key
        note = signed(checkpoint.text, key, log.sign(checkpoint.text.encode()))
        verified(note, [key])
    except EvidenceUnavailable as error:
        return fail(KEY, str(error), error.remedy)
    except BadNote as error:
        return fail(KEY, f"its signature does not verify ({error})", _NOT_VERIFIED)
    return ok(KEY, f"it signs; its public part is {key.text}")

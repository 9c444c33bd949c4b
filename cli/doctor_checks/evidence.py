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

_FOLDER: Final = (
    "free disk space, and give the user that runs the monitor the folder that EVIDENCE_STORE names"
)
_CONTAINER: Final = (
    "give the monitor's identity the role 'Storage Blob Data Contributor' on the container that "
    "EVIDENCE_STORE names, and check the firewall of its account"
)
_SIGN: Final = (
    "let EVIDENCE_SIGNING_KEY name a key that the monitor can use: file: and the path of an "
    "Ed25519 private key in PEM that its user can read, or a key in a vault on which its identity "
    "is Key Vault Crypto User"
)


class WholeLog(EvidenceLog, KeptFiles, Protocol):
    """A log that can be written and read."""


def log_check(log: WholeLog, *, folder: str, container: str, now: datetime) -> Check:
    """Append to the doctor's own file and read it back; the file stays, like everything in the log."""
    place, step = (container, _CONTAINER) if container else (folder, _FOLDER)
    name, data = f"doctor/{now:%Y%m%dT%H%M%S.%fZ}.txt", b"phidrift doctor wrote this\n"
    try:
        log.append(name, 0, data)
        there = log.read(name)
    except EvidenceUnavailable as error:
        return fail(LOG, f"{place} cannot be used ({error})", step)
    if there != data:
        return fail(LOG, f"{place} lost a record that it had accepted", step)
    return ok(LOG, f"{place} can be written and read")


def key_check(log: WholeLog) -> Check:
    """Sign a checkpoint of an empty log, and verify it only with the public key."""
    checkpoint = Checkpoint("phidrift/doctor", 0, root([]))
    try:
        key = log.public_key
        note = signed(checkpoint.text, key, log.sign(checkpoint.text.encode()))
        verified(note, [key])
    except EvidenceUnavailable as error:
        return fail(KEY, str(error), _SIGN)
    except BadNote as error:
        return fail(KEY, f"its signature does not verify ({error})", _SIGN)
    return ok(KEY, f"it signs; its public part is {key.text}")

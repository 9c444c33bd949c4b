"""The body of a signed webhook and its headers. Pure: a notice in, bytes and texts out.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the
signature covers the id of the change (the same in every repeat), the time of the attempt and the body.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Final

from drift.clock import bounds
from drift.notices import Heartbeat, Notice
from notifiers.ocsf import finding

HEARTBEAT_TYPE: Final = "PhiDrift.Heartbeat"


def build_body(notice: Notice, *, sent_at: datetime, opening: bool = False) -> bytes:
    """Return the finding as JSON in ASCII; exactly these bytes are signed and sent."""
    event = finding(notice, sent_at=sent_at, opening=opening)
    return json.dumps(event, separators=(",", ":")).encode("ascii")


def build_heartbeat(heartbeat: Heartbeat) -> bytes:
    """Return a heartbeat as JSON in ASCII; it has a type, unlike a finding."""
    at = bounds.in_utc(heartbeat.at).isoformat()
    event = {"type": HEARTBEAT_TYPE, "timestamp": at, "data": heartbeat.data}
    return json.dumps(event, separators=(",", ":")).encode("ascii")


def signed_headers(uid: str, body: bytes, *, key: bytes, sent_at: datetime) -> dict[str, str]:
    """Return the headers that prove the sender of this body and the time."""
    timestamp = str(int(sent_at.timestamp()))
    return {
        "Content-Type": "application/json",
        "webhook-id": uid,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_signature(f'{uid}.{timestamp}.'.encode() + body, key)}",
    }


def _signature(content: bytes, key: bytes) -> str:
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")

"""Deliver to Sentinel. Knows the rule, the identity and the session, not the rows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from drift.config.secret import Secret
from drift.errors import DeliveryRejected
from drift.notices import Heartbeat, Notice
from drift.ports import Audience
from notifiers.deadline import CallDeadline
from notifiers.fingerprint import settings_fingerprint
from notifiers.http import SendBody, post
from notifiers.sentinel.answers import meaning
from notifiers.sentinel.message import build_heartbeat, build_row, excess
from notifiers.sentinel.settings import Sentinel
from notifiers.sessions import Sessions
from notifiers.tokens import Bearer, Tokens

Upload = Callable[[Sentinel, Secret, Mapping[str, Any], SendBody], None]
"""Passes a row to Microsoft's client, which packs it and sends it by the given function."""


class SentinelNotifier:
    """Writes a row for every notice; a repeat carries the same EventUid, so it can be detected."""

    name = "sentinel"
    audience = Audience.SIEM

    def __init__(
        self,
        settings: Sentinel,
        sessions: Sessions,
        tokens: Tokens,
        *,
        upload: Upload,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._bearer = Bearer(tokens, settings.scope, self.name)
        self._upload = upload
        self._clock = clock
        self.fingerprint = settings_fingerprint(
            self.name, settings.endpoint, settings.rule_id, settings.stream
        )

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        row = build_row(notice, sent_at=self._clock(), opening=opening)
        if too_long := excess(row):
            raise DeliveryRejected(f"{self.name}: {too_long}")
        self._write(row)

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        self._write(build_heartbeat(heartbeat))

    def _write(self, row: Mapping[str, Any]) -> None:
        session = self._sessions.get()

        def attempt(token: Secret, deadline: CallDeadline) -> None:
            send = partial(post, session, channel=self.name, deadline=deadline, meaning=meaning)
            self._upload(self._settings, token, row, send)

        self._bearer.send(attempt)

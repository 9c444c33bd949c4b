"""Deliver to Teams. Knows the address and the session, not the cards."""

from typing import Final

from drift.config.secret import Secret
from drift.notices import Notice
from drift.ports import Audience
from notifiers.fingerprint import settings_fingerprint
from notifiers.http import post
from notifiers.sessions import Sessions
from notifiers.teams.answers import meaning
from notifiers.teams.message import build_message

_HEADERS: Final = {"Content-Type": "application/json; charset=utf-8"}


class TeamsNotifier:
    """Posts a card for every notice it is handed."""

    name = "teams"
    audience = Audience.PEOPLE

    def __init__(self, webhook: Secret, sessions: Sessions) -> None:
        self._webhook = webhook
        self._sessions = sessions
        self.fingerprint = settings_fingerprint(self.name, webhook.reveal())

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver once, or raise DeliveryFailed or DeliveryRejected."""
        body = build_message(notice, opening=opening)
        session = self._sessions.get()
        post(session, self._webhook, body, _HEADERS, channel=self.name, meaning=meaning)

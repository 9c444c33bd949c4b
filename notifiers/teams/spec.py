"""The channel Teams."""

from typing import Final

from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.spec import ChannelSpec, Tools
from notifiers.teams import settings
from notifiers.teams.notifier import TeamsNotifier


def _build(webhook: Secret, tools: Tools) -> Channel:
    return TeamsNotifier(webhook, tools.sessions)


SPEC: Final = ChannelSpec[Secret](
    name=TeamsNotifier.name,
    title="Teams",
    setting_names=settings.NAMES,
    read=settings.read,
    build=_build,
    address=lambda webhook: webhook,
    remedy="copy the flow's current address into TEAMS_WEBHOOK_URL; if the flow is gone, make one "
    "with the trigger 'When a Teams webhook request is received'",
)

"""The channel signed webhook."""

from typing import Final

from drift.ports import Channel
from notifiers.spec import Advice, ChannelSpec, Tools
from notifiers.webhook import settings
from notifiers.webhook.notifier import WebhookNotifier
from notifiers.webhook.settings import SECRET, SECRET_PREFIX, Webhook


def _build(values: Webhook, tools: Tools) -> Channel:
    return WebhookNotifier(values, tools.sessions)


def _advice(values: Webhook) -> Advice | None:
    """Warn about a secret that a receiver may decode differently."""
    if values.secret.reveal().startswith(SECRET_PREFIX):
        return None
    return Advice(
        f"{SECRET} does not begin with {SECRET_PREFIX}: the monitor signs with its bytes as they "
        "are, "
        "but libraries of Standard Webhooks decode it as base64",
        f"echo {SECRET_PREFIX}$(openssl rand -base64 32)",
    )


SPEC: Final = ChannelSpec[Webhook](
    name=WebhookNotifier.name,
    title="the webhook",
    setting_names=settings.NAMES,
    read=settings.read,
    build=_build,
    address=lambda values: values.url,
    remedy="FINDINGS_WEBHOOK_SECRET must be the secret that the receiver checks with; the "
    "receiver's own log says why it refuses",
    advice=_advice,
)

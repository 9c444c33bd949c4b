"""The Logs Ingestion API, by Microsoft's own client: the one module here that imports it."""

from collections.abc import Mapping
from typing import Any

from azure.monitor.ingestion import LogsIngestionClient, LogsUploadError

from drift.config.secret import Secret
from notifiers.azure_client import Hook, Token, sent
from notifiers.http import SendBody
from notifiers.sentinel.settings import Sentinel


def upload(settings: Sentinel, token: Secret, row: Mapping[str, Any], send: SendBody) -> None:
    """Send one row; raise DeliveryFailed or DeliveryRejected."""

    def ask(hook: Hook) -> None:
        client = LogsIngestionClient(
            settings.endpoint,
            Token(token),
            credential_scopes=[settings.scope],
            raw_request_hook=hook,
            retry_total=0,
        )
        client.upload(settings.rule_id, settings.stream, [dict(row)], on_error=_escape)

    sent(ask, send, channel="sentinel")


def _escape(failed: LogsUploadError) -> None:
    """Let the error out; without this the client would log it first."""
    raise failed.error

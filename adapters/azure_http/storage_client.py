"""What every client of Azure Storage is built with: no retry that sleeps, no redirect, no log."""

import logging
from typing import Any, Final

from adapters.azure_http.transport import REUSE_SECONDS, transport

_AZURITE_REUSE_SECONDS: Final = 3.0
"""Azurite closes a connection that is idle for 5 s (its ``keepAliveTimeout``); what is sent into it
as it closes has no answer."""

# At INFO the SDK would log each request's address and headers; in Azure that is a level that is kept.
_SILENT: Final = logging.getLogger("drift.config.storage_account.requests")
_SILENT.setLevel(logging.CRITICAL + 1)


def client_options(url: str, read_seconds: float) -> dict[str, Any]:
    """Return the keyword arguments of a client of azure-data-tables or azure-storage-queue.

    Azurite is what answers over plain HTTP: an account of Azure is asked over TLS only.
    """
    reuse = _AZURITE_REUSE_SECONDS if url.startswith("http:") else REUSE_SECONDS
    return {
        "transport": transport(read_seconds, reuse_seconds=reuse),
        "retry_total": 0,
        "permit_redirects": False,
        "logger": _SILENT,
        "user_agent": "phidrift",
    }

"""Options of every Azure Storage client: no sleeping retry, no redirect, no logging."""

import logging
from typing import Any, Final

from adapters.azure_http.transport import REUSE_SECONDS, transport

_AZURITE_REUSE_SECONDS: Final = 3.0
"""Azurite closes a connection that is idle for 5 s (its ``keepAliveTimeout``); a request sent at that
moment gets no answer."""

# At INFO the SDK would log each request's address and headers, and Azure stores that level.
_SILENT: Final = logging.getLogger("drift.config.storage_account.requests")
_SILENT.setLevel(logging.CRITICAL + 1)


def client_options(url: str, read_seconds: float) -> dict[str, Any]:
    """Return the keyword arguments of a client of azure-data-tables or azure-storage-queue.

    Only Azurite uses plain HTTP; an account in Azure is always called over TLS.
    """
    reuse = _AZURITE_REUSE_SECONDS if url.startswith("http:") else REUSE_SECONDS
    return {
        "transport": transport(read_seconds, reuse_seconds=reuse),
        "retry_total": 0,
        "permit_redirects": False,
        "logger": _SILENT,
        "user_agent": "phidrift",
    }

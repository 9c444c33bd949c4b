"""What every client of Azure Storage is built with: no retry that sleeps, no redirect, no log."""

import logging
from typing import Any, Final

from adapters.transport import transport

# At INFO the SDK would log each request's address and headers; in Azure that is a level that is kept.
_SILENT: Final = logging.getLogger("drift.storage.requests")
_SILENT.setLevel(logging.CRITICAL + 1)


def client_options(read_seconds: float) -> dict[str, Any]:
    """Return the keyword arguments of a client of azure-data-tables or azure-storage-queue."""
    return {
        "transport": transport(read_seconds),
        "retry_total": 0,
        "permit_redirects": False,
        "logger": _SILENT,
        "user_agent": "phidrift",
    }

"""Parse a setting that names a storage account: the address of its tables, or a connection string."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drift.config.env_values import is_https, is_local_http, is_on_this_machine
from drift.config.secret import Secret

SCOPE: Final = "https://storage.azure.com/.default"
"""The scope of tokens for Azure Storage in every cloud.

Entra ID does not know the scopes that the SDK names for the other clouds:
https://github.com/Azure/azure-sdk-for-go/issues/25542
"""

_EMULATOR: Final = "usedevelopmentstorage=true"
"""The connection string of Azurite on its default ports, with its built-in account and key."""

_HOST: Final = (
    r"[a-z0-9]{{3,24}}\.(?:z\d{{1,3}}\.)?{}\."
    r"(?:core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|storage\.azure\.net)"
)
_TABLES_HOST: Final = re.compile(_HOST.format("table"))
BLOBS_HOST: Final = re.compile(_HOST.format("blob"))
"""The hosts of an account's blobs in every cloud."""

_SUFFIX: Final = "core.windows.net"
_EXAMPLE: Final = f"https://ACCOUNT.table.{_SUFFIX}"
_NAME: Final = re.compile(r"[a-z0-9]{3,24}")

# Public, and the same in every Azurite: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
_EMULATED: Final = "devstoreaccount1"
_EMULATED_KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


class NoAccount(ValueError):
    """A text does not name a storage account; the message says why, and does not quote the text."""


@dataclass(frozen=True, slots=True)
class StorageAccount:
    """The addresses of an account's tables and queues; ``key`` None: access by an identity's token."""

    tables: str
    queues: str = ""
    name: str = ""
    key: Secret | None = None

    @property
    def host(self) -> str:
        """Return the host of the account's tables, for messages."""
        return urlsplit(self.tables).netloc


def of_tables(text: str) -> StorageAccount:
    """Return the account that a tables address or a connection string names; raise NoAccount."""
    return by_connection_string(text) if _is_connection_string(text) else _by_address(text)


def azurite(text: str) -> StorageAccount | None:
    """Return the account of a connection string whose queues are on this machine, else None."""
    try:
        account = by_connection_string(text)
    except NoAccount:
        return None
    return account if is_on_this_machine(account.queues) else None


def _is_connection_string(text: str) -> bool:
    """Tell whether a text is a connection string; an address has no equals sign before its query."""
    return "=" in text and "://" not in text.partition("=")[0]


def _by_address(text: str) -> StorageAccount:
    """Return the account whose tables answer at an https address; raise NoAccount."""
    url = text.rstrip("/")
    if not is_https(url):
        raise NoAccount(f"has no known form: use sqlite:PATH, {_EXAMPLE} or a connection string")
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise NoAccount("is an address with a query: a shared access signature is not supported")
    if is_on_this_machine(url):  # Azurite with a certificate, where the account is the path
        return StorageAccount(url, name=parts.path.strip("/"))
    if not _TABLES_HOST.fullmatch(parts.netloc.lower()) or parts.path:
        raise NoAccount(f"is not the address of an account's tables, such as {_EXAMPLE}")
    return StorageAccount(url.lower(), name=parts.netloc.lower().partition(".")[0])


def by_connection_string(text: str) -> StorageAccount:
    """Return the account of a connection string; raise NoAccount."""
    if text.lower().rstrip(";") == _EMULATOR:
        base = f"http://127.0.0.1:%d/{_EMULATED}"
        return StorageAccount(base % 10002, base % 10001, _EMULATED, Secret(_EMULATED_KEY))
    named = _parts(text)
    name, key = named.get("accountname", ""), named.get("accountkey", "")
    if "sharedaccesssignature" in named:
        raise NoAccount(
            "contains a shared access signature, which expires: use an identity or the account key"
        )
    if not _NAME.fullmatch(name) or not _is_key(key):
        raise NoAccount("is a connection string without AccountName and AccountKey")
    return StorageAccount(
        _endpoint(named, "tableendpoint", f"{name}.table"),
        _endpoint(named, "queueendpoint", f"{name}.queue"),
        name,
        Secret(key),
    )


def _parts(text: str) -> Mapping[str, str]:
    pairs = (each.partition("=") for each in text.split(";") if each.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) > 0
    except ValueError:
        return False


def _endpoint(named: Mapping[str, str], name: str, host: str) -> str:
    protocol = named.get("defaultendpointsprotocol", "https")
    url = named.get(name) or f"{protocol}://{host}.{named.get('endpointsuffix', _SUFFIX)}"
    url = url.rstrip("/")
    if "?" in url or "#" in url or not (is_https(url) or is_local_http(url)):
        raise NoAccount("names an endpoint that is neither https nor Azurite on this machine")
    return url

"""Read app settings one by one, and collect every problem instead of only the first.

No problem quotes a value: it may be a secret, even one that was pasted into the wrong setting.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from drift.config import ncrontab

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REFERENCE: Final = "@microsoft.keyvault("
"""The beginning of a reference to a secret; App Service leaves it unchanged if it cannot read the secret."""

_MANAGEMENT_GROUP: Final = re.compile(r"[-\w.()]{1,90}")
_UNPRINTABLE: Final = re.compile(r"[\s\x00-\x1f\x7f]")


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in Azure's form, with hyphens and without braces."""
    return _GUID.fullmatch(text) is not None


class Values:
    """The values of an environment; ``problems`` collects a sentence for each wrong value."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def refuse(self, name: str, why: str) -> None:
        """Add the problem that ``name`` and ``why`` state together."""
        self.problems.append(f"{name} {why}")

    def text(self, name: str, default: str = "") -> str:
        """Return a setting without outer white space; an empty one counts as not set."""
        value = self._env.get(name, "").strip()
        if not value.lower().startswith(_REFERENCE):
            return value or default
        problem = (
            f"{name} is a Key Vault reference that Azure could not resolve: "
            "does the secret exist, and may the app's identity read it?"
        )
        if problem not in self.problems:
            self.problems.append(problem)
        return default

    def token(self, name: str) -> str:
        """Return a key or token; refuse white space inside, which no HTTP header can carry."""
        value = self.text(name)
        if _UNPRINTABLE.search(value):
            self.refuse(name, "has white space or control characters inside")
        return value

    def guid(self, name: str) -> str:
        """Return a GUID in lower case, "" where it is not set."""
        value = self.text(name).lower()
        if value and not is_guid(value):
            self.refuse(name, "is not a GUID")
        return value

    def management_group(self, name: str) -> str:
        """Return the name of a management group in lower case, "" where it is not set."""
        value = self.text(name).lower()
        if value and not _MANAGEMENT_GROUP.fullmatch(value):
            self.refuse(name, "is not the name of a management group")
        return value

    def subscriptions(self, name: str) -> tuple[str, ...]:
        """Return comma-separated subscription GUIDs in lower case, each once; one is required."""
        value = self.text(name)
        texts = [each.strip().lower() for each in value.split(",") if each.strip()]
        if not texts:
            self.refuse(name, "lists no GUID" if value else "is not set")
        for place, text in enumerate(texts, 1):
            if not is_guid(text):
                self.problems.append(f"{name}: Item {place} is not a subscription GUID.")
        return tuple(dict.fromkeys(texts))

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of the choices, in any case; the first is the default."""
        value = self.text(name, choices[0])
        for each in choices:
            if each.lower() == value.lower():
                return each
        self.refuse(name, f"is not one of {', '.join(choices)}")
        return choices[0]

    def schedule(self, name: str, default: str) -> str:
        """Return an NCRONTAB expression of six fields."""
        value = self.text(name, default)
        try:
            ncrontab.parse_schedule(value)
        except ValueError as error:
            self.refuse(name, f"is not an NCRONTAB expression: {error}")
        return value

    def https(self, name: str, default: str = "") -> str:
        """Return an https address as it is set, "" where it is not set or not https."""
        value = self.text(name, default)
        if value and not is_https(value):
            self.refuse(name, "is not an https address")
            return ""
        return value

    def endpoint(self, name: str, default: str) -> str:
        """Return the https base address of a service, without a slash at its end."""
        value = self.https(name, default)
        if "?" in value or "#" in value:
            self.refuse(name, "must be a base address, without a query and a fragment")
        return value.rstrip("/")

    def all_or_none(self, *names: str) -> bool:
        """Tell whether all settings are set; refuse each that is not set while another one is."""
        there = [name for name in names if self.text(name)]
        for name in names:
            if there and name not in there:
                self.refuse(name, f"is not set, but {there[0]} is")
        return len(there) == len(names)

    @property
    def in_azure(self) -> bool:
        """Tell whether this is the app in Azure, where several instances share no disk."""
        local = self.text("AZURE_FUNCTIONS_ENVIRONMENT").lower() == "development"
        return bool(self.text("WEBSITE_SITE_NAME")) and not local

    def local_path(self, name: str, value: str, form: str) -> str:
        """Return the path of a value such as ``file:PATH``, where ``form`` is the part before it."""
        path = value.removeprefix(form)
        if not path:
            self.refuse(name, f"has no path after {form}")
        elif value.startswith(form) and self.in_azure:
            self.refuse(name, f"is {form}PATH: in Azure each instance would have its own store")
        return path

    def local_or_https(self, name: str) -> None:
        """Refuse an address that is neither https nor http on this machine."""
        value = self.text(name)
        if value and not is_https(value) and not is_local_http(value):
            self.refuse(name, "is neither an https address nor an http address on this machine")


def is_https(value: str) -> bool:
    """Tell whether a value is an https address that names a host and carries no password."""
    parts = _split(value)
    return parts is not None and parts.scheme == "https"


def is_local_http(value: str) -> bool:
    """Tell whether a value is an http address on this machine."""
    parts = _split(value)
    return parts is not None and parts.scheme == "http" and is_on_this_machine(value)


def is_on_this_machine(value: str) -> bool:
    """Tell whether an address is a loopback address."""
    parts = _split(value)
    host = (parts.hostname or "") if parts else ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(value: str) -> SplitResult | None:
    """Return the parts of an address that names a host and carries no password, else None."""
    if _UNPRINTABLE.search(value):
        return None
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if named and "@" not in parts.netloc else None

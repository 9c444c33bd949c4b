"""Read the actor of a change from the claims in an Event Grid event."""

import re
from collections.abc import Mapping
from typing import Any, Final

from drift.model import Actor
from drift.untrusted_json import folded, printable

_WS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MS: Final = "http://schemas.microsoft.com/identity/claims/"

_UPN: Final = (f"{_WS}upn", "upn")
_NAME: Final = (
    f"{_WS}name",
    "unique_name",
    "preferred_username",
    f"{_WS}emailaddress",
    "email",
    "name",
)
_OBJECT_ID: Final = (f"{_MS}objectidentifier", "oid")
_APP_ID: Final = ("appid", "azp")
_SCOPE: Final = (f"{_MS}scope", "scp")
_TENANT: Final = (f"{_MS}tenantid", "tid")
_HOME: Final = (f"{_MS}identityprovider", "idp")
_MANAGED_IDENTITY: Final = ("xms_mirid",)
_CLIENT_IP: Final = ("clientipaddress",)
_METHODS: Final = ("http://schemas.microsoft.com/claims/authnmethodsreferences", "amr")

_LIKE_A_UPN: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_OTHER_DIRECTORY: Final = re.compile(r"[^\s@#]+#(?P<mail>[^\s@#]+@[^\s@]+\.[^\s@]+)")
_EXTERNAL: Final = re.compile(r"(?P<name>[^\s@]+)_(?P<domain>[^\s@_]+)#ext#@[^\s@]+", re.IGNORECASE)
"""The form in which Entra ID writes the mail of a guest: ``live.com#ann@mail.example``, and as a
UPN ``ann_mail.example#EXT#@clinic.example``."""

_FOR_PEOPLE: Final = frozenset(
    {
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",  # Azure CLI
        "1950a258-227b-4e31-a9cf-717495945fc2",  # Azure PowerShell
        "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",  # Azure portal
    }
)
"""Applications through which people sign in: their application id does not identify an actor."""


def actor_of(data: Mapping[str, Any]) -> Actor | None:
    """Return the actor in the claims of an event's ``data`` (folded), None where they name none."""
    claims = folded(data.get("claims"))
    object_id, app_id = _first(claims, _OBJECT_ID), _first(claims, _APP_ID)
    person, is_guest = _person(claims)
    identity = _first(claims, _MANAGED_IDENTITY).rstrip("/").rpartition("/")[2]
    application = "" if _is_person(claims, app_id) else identity or app_id
    name = person or application or object_id
    if not name:
        return None
    requested = _first(folded(data.get("httprequest")), _CLIENT_IP)
    signed_in = _first(claims, ("ipaddr",))
    return Actor(
        name=name,
        object_id=object_id,
        ip=requested or signed_in,
        app_id=app_id,
        mfa=_mfa(claims),
        sign_in_ip=signed_in,
        ip_is_sign_in=bool(signed_in) and not requested,
        is_guest=is_guest,
        is_managed_identity=bool(identity) and name == identity,
    )


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := printable(values.get(name)))), "")


def _person(claims: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the UPN or the mail of a person, "" for none, and whether it is a guest.

    A claim other than the UPN counts only if it has the form of a UPN.
    """
    others = (printable(claims.get(name)) for name in _NAME)
    name = _first(claims, _UPN) or next(
        (each for each in others if _LIKE_A_UPN.fullmatch(each)), ""
    )
    if found := _OTHER_DIRECTORY.fullmatch(name):
        return found["mail"], True
    if found := _EXTERNAL.fullmatch(name):
        return f"{found['name']}@{found['domain']}", True
    return name, bool(name) and _is_from_elsewhere(claims)


def _is_from_elsewhere(claims: Mapping[str, Any]) -> bool:
    """Tell whether the actor belongs to another directory."""
    tenant, home = _first(claims, _TENANT).lower(), _first(claims, _HOME).lower()
    return bool(tenant and home) and tenant not in home


def _is_person(claims: Mapping[str, Any], app_id: str) -> bool:
    """Tell whether a person signed in through the application: its id says nothing about the person."""
    delegated = bool(_first(claims, _SCOPE)) or printable(claims.get("idtyp")).lower() == "user"
    return delegated or app_id.lower() in _FOR_PEOPLE


def _mfa(claims: Mapping[str, Any]) -> bool | None:
    """Tell whether the actor used MFA, None where no claim states the methods."""
    methods = next((claims[name] for name in _METHODS if claims.get(name)), None)
    if methods is None:
        return None
    words = methods if isinstance(methods, list) else re.split(r"[^a-z0-9]+", str(methods).lower())
    return "mfa" in [str(word).strip().lower() for word in words]

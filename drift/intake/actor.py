"""Read the actor of a change from the claims in an Event Grid event."""

import re
from collections.abc import Mapping
from typing import Any, Final

from drift.model import Actor
from drift.untrusted_json import folded, printable

_WS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MS: Final = "http://schemas.microsoft.com/identity/claims/"

_UPN: Final = (f"{_WS}upn", "upn")
_NAME: Final = (f"{_WS}name", "unique_name", "preferred_username", "name")
_OBJECT_ID: Final = (f"{_MS}objectidentifier", "oid")
_APP_ID: Final = ("appid", "azp")
_CLIENT_IP: Final = ("clientipaddress",)
_METHODS: Final = ("http://schemas.microsoft.com/claims/authnmethodsreferences", "amr")

_LIKE_A_UPN: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def actor_of(data: Mapping[str, Any]) -> Actor | None:
    """Return the actor in the claims of an event's ``data`` (folded), None where they name none."""
    claims = folded(data.get("claims"))
    object_id, app_id = _first(claims, _OBJECT_ID), _first(claims, _APP_ID)
    name = _upn(claims) or app_id or object_id
    if not name:
        return None
    return Actor(
        name=name,
        object_id=object_id,
        ip=_first(claims, ("ipaddr",)) or _first(folded(data.get("httprequest")), _CLIENT_IP),
        app_id=app_id,
        mfa=_mfa(claims),
    )


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := printable(values.get(name)))), "")


def _upn(claims: Mapping[str, Any]) -> str:
    """Return the UPN; another name claim counts only if it has the form of a UPN."""
    names = (printable(claims.get(name)) for name in _NAME)
    return _first(claims, _UPN) or next((name for name in names if _LIKE_A_UPN.fullmatch(name)), "")


def _mfa(claims: Mapping[str, Any]) -> bool | None:
    """Tell whether the actor used MFA, None where no claim states the methods."""
    methods = next((claims[name] for name in _METHODS if claims.get(name)), None)
    if methods is None:
        return None
    words = methods if isinstance(methods, list) else re.split(r"[^a-z0-9]+", str(methods).lower())
    return "mfa" in [str(word).strip().lower() for word in words]

"""A key vault with one key of P-256 that signs; the private keys stay in it."""

import base64
import secrets
import ssl
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from sandbox.http.endpoint import Clock, Endpoint
from sandbox.http.messages import Answer, Refused, Request, json_answer
from sandbox.identity.identity import Tokens

_AUDIENCES: Final = frozenset({"https://vault.azure.net"})
_VERSIONS: Final = frozenset({"7.4", "7.5", "7.6"})
_NUMBER: Final = 32


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One version of the key."""

    name: str = field(default_factory=lambda: secrets.token_hex(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )
    is_enabled: bool = True


class KeyVault(Endpoint):
    """``keys/evidence`` of a vault. ``granted``: the caller has the role Key Vault Crypto User on it."""

    def __init__(self, clock: Clock, tokens: Tokens, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls)
        self.granted = True
        self._tokens = tokens
        self._versions = [KeyVersion()]

    @property
    def key_id(self) -> str:
        """Return the id of the key, which names no version."""
        return f"{self.base_url}/keys/evidence"

    @property
    def newest(self) -> KeyVersion:
        """Return the newest version."""
        return self._versions[-1]

    def rotate(self) -> KeyVersion:
        """Make a new version of the key; the others go on to sign."""
        self._versions.append(KeyVersion())
        return self.newest

    def disable(self) -> None:
        """Disable every version that there is."""
        self._versions = [replace(each, is_enabled=False) for each in self._versions]

    def enable(self) -> None:
        """Enable every version that there is."""
        self._versions = [replace(each, is_enabled=True) for each in self._versions]

    def delete(self) -> None:
        """Delete the key."""
        self._versions = []

    def answer(self, request: Request) -> Answer:
        """Answer ``GET /keys/evidence[/VERSION]`` and ``POST /keys/evidence/VERSION/sign``."""
        self._tokens.check(request, _AUDIENCES)
        if request.query.get("api-version") not in _VERSIONS:
            raise Refused(400, "BadParameter", "The api-version is missing or not supported.")
        if not self.granted:
            raise _forbidden("ForbiddenByRbac", "Caller is not authorized to perform action.")
        kind, name, version, action = [*request.path.strip("/").split("/"), "", "", "", ""][:4]
        found = self._found(version)
        if (kind, name) != ("keys", "evidence") or found is None:
            raise Refused(404, "KeyNotFound", "A key with this name was not found in this vault.")
        match request.method, action:
            case "GET", "":
                return json_answer(200, self._shown(found))
            case "POST", "sign" if version:
                return json_answer(200, self._signed(found, request.json()))
            case _:
                raise Refused(405, "MethodNotAllowed", "The method is not allowed.")

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal as a key vault words it: the specific code within the other one."""
        inner = isinstance(refused, _InnerRefused)
        error: dict[str, Any] = {"code": "Forbidden" if inner else refused.code}
        error["message"] = refused.message
        if inner:
            error["innererror"] = {"code": refused.code}
        return json_answer(refused.status, {"error": error}, refused.headers)

    def _found(self, version: str) -> KeyVersion | None:
        named = [each for each in self._versions if version in ("", each.name)]
        return named[-1] if named else None

    def _shown(self, version: KeyVersion) -> dict[str, Any]:
        numbers = version.key.public_key().public_numbers()
        jwk = {
            "kid": f"{self.key_id}/{version.name}",
            "kty": "EC",
            "key_ops": ["sign", "verify"],
            "crv": "P-256",
            "x": _base64url(numbers.x.to_bytes(_NUMBER, "big")),
            "y": _base64url(numbers.y.to_bytes(_NUMBER, "big")),
        }
        return {"key": jwk, "attributes": {"enabled": version.is_enabled}}

    def _signed(self, version: KeyVersion, asked: Any) -> dict[str, str]:
        if not version.is_enabled:
            message = "Operation sign is not allowed on a disabled key."
            raise _forbidden("KeyDisabled", message)
        digest = _bytes(str(asked.get("value", "")))
        if asked.get("alg") != "ES256" or len(digest) != hashes.SHA256.digest_size:
            raise Refused(400, "BadParameter", "Key and signing algorithm are incompatible.")
        der = version.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        first, second = decode_dss_signature(der)
        both = first.to_bytes(_NUMBER, "big") + second.to_bytes(_NUMBER, "big")
        return {"kid": f"{self.key_id}/{version.name}", "value": _base64url(both)}


class _InnerRefused(Refused):
    """A 403 whose specific code is within the code Forbidden."""


def _forbidden(code: str, message: str) -> Refused:
    return _InnerRefused(403, code, message)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

"""Sign with a key of a key vault: ECDSA on P-256 (ES256); the private key never leaves the vault."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from azure.core.rest import HttpRequest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from adapters.azure_http.credential import SharedCredential
from adapters.azure_http.refusals import UNEXPECTED, Refusal
from adapters.azure_http.rest_calls import RestCalls
from adapters.evidence.signer import NAME_A_KEY
from drift.errors import NO_TOKEN, UNANSWERED, EvidenceUnavailable
from drift.evidence.notes import BadNote, KeyKind, PublicKey

READ_SECONDS: Final = 8

ROLE: Final = "Key Vault Crypto User"

_VERSION: Final = "7.4"
_NUMBER_BYTES: Final = 32
_VERSION_NAME: Final = re.compile(r"[0-9a-f]{32}")
_UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)

_REASONS: Final[Mapping[str, str]] = {
    NO_TOKEN: "there is no managed identity here, or AZURE_CLIENT_ID names another",
    "ForbiddenByRbac": f"the identity lacks the role {ROLE} on the key",
    "ForbiddenByFirewall": "the vault's network rules block this machine",
    "ForbiddenByConnection": "only its private endpoint can reach the vault",
    "KeyDisabled": "the key is disabled",
    "KeyNotFound": "the key was deleted, or never made",
}

REMEDIES: Final[Mapping[str, str]] = {
    NO_TOKEN: "run `az login`; in Azure, give the app a managed identity or correct AZURE_CLIENT_ID",
    "ForbiddenByRbac": f"give the monitor's identity the role '{ROLE}' on the key",
    "ForbiddenByFirewall": "allow this network in the vault's firewall, or run this where the app runs",
    "ForbiddenByConnection": "run this where the private endpoint can be reached",
    "KeyDisabled": "enable the key, or let EVIDENCE_SIGNING_KEY name another one",
    "KeyNotFound": "recover the key, or let EVIDENCE_SIGNING_KEY name another one",
}


@dataclass(frozen=True, slots=True)
class _KeyVersion:
    """One version of the key: its address, and the public key that verifies what it signs."""

    id: str
    public: PublicKey


class VaultKey:
    """Implements ``adapters.evidence.signer.Signer``; ``name`` is in every signature line.

    The newest version of the key is read on first use, and again after a signature was refused,
    because a version may have been disabled. If the id names a version, only that version is used.
    Raises EvidenceUnavailable.
    """

    def __init__(
        self,
        key_id: str,
        name: str,
        credential: SharedCredential,
        scope: str,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._id = key_id.rstrip("/")
        self._name = name
        self._calls = RestCalls(credential, scope, read_seconds=read_seconds)
        self._version: _KeyVersion | None = None
        self._lock = threading.Lock()

    @property
    def public(self) -> PublicKey:
        """Return the key by which the signatures are verified."""
        return self._current().public

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text in DER, as notes have it; the vault sees only its hash."""
        version = self._current()
        digest = _base64url(hashlib.sha256(text).digest())
        try:
            answer = self._asked("POST", f"{version.id}/sign", {"alg": "ES256", "value": digest})
        except EvidenceUnavailable:
            self._forget()
            raise
        try:
            numbers = _bytes(answer["value"])
            if len(numbers) != 2 * _NUMBER_BYTES:
                raise ValueError
        except _UNREADABLE:
            raise self._unavailable(Refusal(UNANSWERED, UNEXPECTED)) from None
        first, second = numbers[:_NUMBER_BYTES], numbers[_NUMBER_BYTES:]
        return encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))

    def close(self) -> None:
        """Close every session; no call may follow."""
        self._calls.close()

    def _current(self) -> _KeyVersion:
        with self._lock:
            self._version = self._version or self._read()
            return self._version

    def _forget(self) -> None:
        with self._lock:
            self._version = None

    def _read(self) -> _KeyVersion:
        found = self._asked("GET", self._id)
        try:
            return _KeyVersion(self._own(found["key"]["kid"]), _public(self._name, found["key"]))
        except (*_UNREADABLE, BadNote):
            why = "it is not a key of P-256, or the answer is not that of a key vault"
            raise EvidenceUnavailable(f"{self._what}: {why}", NAME_A_KEY) from None

    def _own(self, kid: str) -> str:
        """Return the id of a version of this key; raise ValueError for any other address."""
        key, _, version = kid.lower().rpartition("/")
        is_own = self._id.lower() in (key, kid.lower())
        if not is_own or not _VERSION_NAME.fullmatch(version):
            raise ValueError("not a version of this key")
        return kid

    def _asked(
        self, method: str, address: str, body: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        request = HttpRequest(method, f"{address}?api-version={_VERSION}", json=body)
        try:
            answer = self._calls.send(request)
            found: Mapping[str, Any] = json.loads(answer.content)
        except Refusal as refusal:
            raise self._unavailable(refusal) from None
        except ValueError:
            raise self._unavailable(Refusal(UNANSWERED, UNEXPECTED)) from None
        return found

    @property
    def _what(self) -> str:
        return f"no checkpoint is signed by EVIDENCE_SIGNING_KEY, {self._id}"

    def _unavailable(self, refusal: Refusal) -> EvidenceUnavailable:
        return EvidenceUnavailable(
            f"{self._what}: {refusal.told(_REASONS)}", refusal.remedy(REMEDIES)
        )


def _public(name: str, jwk: Mapping[str, Any]) -> PublicKey:
    """Return the public key of a JSON Web Key; raise ValueError, BadNote or what Python raises."""
    if jwk["kty"] not in ("EC", "EC-HSM") or jwk["crv"] != "P-256":
        raise ValueError("not a key of P-256")
    x, y = (int.from_bytes(_bytes(jwk[each]), "big") for each in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    data = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PublicKey(name, KeyKind.ECDSA, data)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)

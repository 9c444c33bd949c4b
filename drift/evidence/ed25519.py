"""Verify a signature of Ed25519 as RFC 8032 defines it, without a dependency; nothing is signed here."""

import hashlib
from typing import Final

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)
_LENGTH: Final = 32

_Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z and T, with x = X/Z, y = Y/Z and x*y = T/Z."""

_NEUTRAL: Final[_Point] = (0, 1, 1, 0)


def ed25519_verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (64 bytes) is that of `message` by `public_key` (32 bytes)."""
    if len(public_key) != _LENGTH or len(signature) != 2 * _LENGTH:
        return False
    first, second = signature[:_LENGTH], signature[_LENGTH:]
    key, scalar = _decoded(public_key), int.from_bytes(second, "little")
    if key is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(first + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    x, y, z, t = key
    minus_key = (-x % _P, y, z, -t % _P)
    return _encoded(_sum(_times(scalar, _BASE), _times(challenge, minus_key))) == first


def _sum(left: _Point, right: _Point) -> _Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _P
    b = (left[1] + left[0]) * (right[1] + right[0]) % _P
    c = 2 * left[3] * right[3] * _D % _P
    d = 2 * left[2] * right[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total = _NEUTRAL
    while scalar:
        if scalar & 1:
            total = _sum(total, point)
        point, scalar = _sum(point, point), scalar >> 1
    return total


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(_LENGTH, "little")


def _decoded(data: bytes) -> _Point | None:
    """Return the point that 32 bytes encode; None where they encode none."""
    number = int.from_bytes(data, "little")
    y, is_odd = number & ((1 << 255) - 1), number >> 255
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and is_odd):
        return None
    x = _P - x if x & 1 != is_odd else x
    return x, y, 1, x * y % _P


def _base() -> _Point:
    point = _decoded((4 * pow(5, -1, _P) % _P).to_bytes(_LENGTH, "little"))
    if point is None:
        raise ArithmeticError("the base point is not on the curve")
    return point


_BASE: Final = _base()

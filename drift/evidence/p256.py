"""Verify a signature of ECDSA on P-256 with SHA-256, without a dependency; nothing is signed here."""

import hashlib
from typing import Final

_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LENGTH: Final = 32
_SHORT: Final = 0x80
"""The length of a DER value below this fits one byte; a signature of P-256 needs no longer form."""

_SPKI_PREFIX: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04")
"""What a public key of P-256 in DER (SubjectPublicKeyInfo, uncompressed) begins with."""

_Point = tuple[int, int, int]
"""Jacobian coordinates X, Y and Z, with x = X/Z² and y = Y/Z³; Z is 0 for the point at infinity."""

_INFINITY: Final[_Point] = (1, 1, 0)
_BASE: Final[_Point] = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)


def is_key(spki: bytes) -> bool:
    """Say whether the bytes are a public key of P-256 in DER."""
    return _point_of(spki) is not None


def ecdsa_verifies(spki: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (DER) is that of `message` by the public key (SubjectPublicKeyInfo)."""
    key, numbers = _point_of(spki), _numbers(signature)
    if key is None or numbers is None:
        return False
    first, second = numbers
    if not (0 < first < _ORDER and 0 < second < _ORDER):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(second, -1, _ORDER)
    by_base = _times(digest * inverse % _ORDER, _BASE)
    x, _, z = _sum(by_base, _times(first * inverse % _ORDER, key))
    return z != 0 and x * pow(z, -2, _P) % _P % _ORDER == first


def _point_of(spki: bytes) -> _Point | None:
    point = spki.removeprefix(_SPKI_PREFIX)
    if not spki.startswith(_SPKI_PREFIX) or len(point) != 2 * _LENGTH:
        return None
    x, y = int.from_bytes(point[:_LENGTH], "big"), int.from_bytes(point[_LENGTH:], "big")
    is_on_curve = x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0
    return (x, y, 1) if is_on_curve else None


def _numbers(der: bytes) -> tuple[int, int] | None:
    """Return the two numbers of a signature in DER; None where it is anything else."""
    content = _content(der, 0x30)
    if content is None or content[1]:
        return None
    first = _content(content[0], 0x02)
    second = _content(first[1], 0x02) if first else None
    if first is None or second is None or second[1]:
        return None
    values = first[0], second[0]
    if not all(map(_is_shortest, values)):
        return None
    return int.from_bytes(values[0], "big"), int.from_bytes(values[1], "big")


def _content(der: bytes, tag: int) -> tuple[bytes, bytes] | None:
    """Return the content of the first DER value and what follows it; None if it has another tag."""
    if len(der) < 2 or der[0] != tag or der[1] >= _SHORT or len(der) < 2 + der[1]:
        return None
    end = 2 + der[1]
    return der[2:end], der[end:]


def _is_shortest(number: bytes) -> bool:
    """Say whether a number is positive and has no byte too many, as DER demands."""
    if not number or number[0] >= _SHORT:
        return False
    return len(number) == 1 or number[0] != 0 or number[1] >= _SHORT


def _double(point: _Point) -> _Point:
    x, y, z = point
    if not y or not z:
        return _INFINITY
    square = y * y % _P
    by_x = 4 * x * square % _P
    slope = 3 * (x - z * z) * (x + z * z) % _P
    new_x = (slope * slope - 2 * by_x) % _P
    return new_x, (slope * (by_x - new_x) - 8 * square * square) % _P, 2 * y * z % _P


def _sum(left: _Point, right: _Point) -> _Point:
    if not left[2] or not right[2]:
        return right if not left[2] else left
    z_left, z_right = left[2] * left[2] % _P, right[2] * right[2] % _P
    x_left, x_right = left[0] * z_right % _P, right[0] * z_left % _P
    y_left, y_right = left[1] * z_right * right[2] % _P, right[1] * z_left * left[2] % _P
    width, height = (x_right - x_left) % _P, (y_right - y_left) % _P
    if not width:
        return _INFINITY if height else _double(left)
    square = width * width % _P
    cube, by_x = width * square % _P, x_left * square % _P
    new_x = (height * height - cube - 2 * by_x) % _P
    new_y = (height * (by_x - new_x) - y_left * cube) % _P
    return new_x, new_y, width * left[2] * right[2] % _P


def _times(scalar: int, point: _Point) -> _Point:
    total = _INFINITY
    while scalar:
        if scalar & 1:
            total = _sum(total, point)
        point, scalar = _double(point), scalar >> 1
    return total

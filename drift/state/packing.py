"""Pack JSON values into the properties of one row, compressed and in chunks."""

import base64
import functools
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from drift.errors import NotUnderstood

_CHUNK: Final = 30_000
"""Characters of a packed property: Azure Tables holds 64 KiB of UTF-16 in one."""


def pack(value: Any, name: str) -> dict[str, str]:
    """Return a JSON value, compressed, as properties ``name0``, ``name1``, … of one row."""
    text = _compressed(json.dumps(value, separators=(",", ":"), default=str))
    chunks = range(0, len(text), _CHUNK)
    return {f"{name}{number}": text[at : at + _CHUNK] for number, at in enumerate(chunks)}


def unpack(data: Mapping[str, Any], name: str) -> Any:
    """Return what ``pack`` put into a row under ``name``, None where there is nothing.

    Raise NotUnderstood for what is packed in another way.
    """
    chunks: list[str] = []
    while (chunk := data.get(f"{name}{len(chunks)}")) is not None:
        if not isinstance(chunk, str):
            raise NotUnderstood(name, "it is no text")
        chunks.append(chunk)
    try:
        return json.loads(_decompressed("".join(chunks))) if chunks else None
    except (ValueError, zlib.error):
        raise NotUnderstood(name, "it is packed in another way") from None


@functools.lru_cache(maxsize=128)
def _compressed(text: str) -> str:
    """Return a text packed; one change writes the same snapshot several times."""
    return base64.b85encode(zlib.compress(text.encode(), 6)).decode()


@functools.lru_cache(maxsize=128)
def _decompressed(text: str) -> bytes:
    """Return what a packed text holds; one change reads the same rows several times."""
    return zlib.decompress(base64.b85decode(text))

"""Pack JSON values into the properties of one row, compressed and in chunks."""

import base64
import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from drift.errors import NotUnderstood

_CHUNK: Final = 30_000
"""Characters of a packed property: Azure Tables holds 64 KiB of UTF-16 in one."""

_REMEMBERED: Final = 128
"""Texts of each form: base85 is slow, and one change reads and writes the same rows several times."""


class _Recent:
    """A cache of the other form of recent texts; threads may share it."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> str | None:
        """Return the other form of a text, None if it is not cached."""
        with self._lock:
            if text in self._forms:
                self._forms.move_to_end(text)
            return self._forms.get(text)

    def put(self, text: str, form: str) -> None:
        """Cache a text's other form, and drop the least recently used one."""
        with self._lock:
            self._forms[text] = form
            if len(self._forms) > _REMEMBERED:
                self._forms.popitem(last=False)


_PACKED: Final = _Recent()
_TEXTS: Final = _Recent()


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


def _compressed(text: str) -> str:
    packed = _PACKED.get(text)
    if packed is None:
        packed = base64.b85encode(zlib.compress(text.encode(), 6)).decode()
        _remember(text, packed)
    return packed


def _decompressed(packed: str) -> str:
    text = _TEXTS.get(packed)
    if text is None:
        text = zlib.decompress(base64.b85decode(packed)).decode()
        _remember(text, packed)
    return text


def _remember(text: str, packed: str) -> None:
    """Cache both directions: written values are soon read back, and read values are written unchanged."""
    _PACKED.put(text, packed)
    _TEXTS.put(packed, text)

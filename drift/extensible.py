"""The base of a stored type: it keeps the fields that a newer version wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensible:
    """A stored type that keeps fields of a newer version, and writes them back as they were.

    ``extra`` holds them by name; no comparison considers them.
    """

    extra: Mapping[str, Any] = field(default=MappingProxyType({}), compare=False, repr=False)

"""Dataclasses to JSON-ready data and back, so that what is stored has one definition: its type."""

import dataclasses
import enum
import functools
import types
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: object) -> Any:
    """Return plain JSON data for a dataclass, enum, datetime, tuple, set or mapping of these."""
    if dataclasses.is_dataclass(value):
        return {each.name: encode(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): encode(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(encode(item) for item in value)
    return value


def decode(kind: type[T], data: Any) -> T:
    """Return the dataclass that ``encode`` made ``data`` of.

    A field that the data lacks takes its default, so rows outlive a version that adds one; raise
    TypeError where it has none.
    """
    hints = _hints(cast(Hashable, kind))
    return kind(**{name: _value(hints[name], item) for name, item in data.items() if name in hints})


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(cast(type, kind))


def _value(kind: Any, data: Any) -> Any:
    if kind is Any or data is None:
        return data
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _value(next(each for each in arguments if each is not type(None)), data)
    if origin in (tuple, frozenset):
        return origin(_value(arguments[0], item) for item in data)
    if origin is not None and issubclass(origin, Mapping):
        return {name: _value(arguments[1], item) for name, item in data.items()}
    return _scalar(kind, data)


def _scalar(kind: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return decode(cast(type, kind), data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(data)
    return data

"""Convert dataclasses to JSON-ready data and back: only its type defines a stored record.

Another version may have written the data, even a newer one before a rollback: see
docs/adr/0016-stored-data-outlives-a-version.md for the rules that this module follows.
"""

import dataclasses
import enum
import functools
import types
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from drift.errors import FieldMissing, NotUnderstood
from drift.extensible import Extensible

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

SCHEMA: Final = 1
"""The schema version of stored and queued data; data without one has version 1.

Only a change that older versions must not read raises it; an added field does not.
"""

SCHEMA_FIELD: Final = "schema"

_EXTRA: Final = "extra"

_PLAIN: Final = (str, int, bool, float)
"""Types whose values are JSON-ready; not their subtypes, such as enums."""

Decoder = Callable[[Any], Any]


def encode(value: object) -> Any:
    """Return plain JSON data for a dataclass, enum, date, datetime, tuple, set or mapping of these."""
    if value is None or type(value) in _PLAIN:
        return value
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): encode(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(encode(item) for item in value)
    return value


def _fields(value: Any) -> dict[str, Any]:
    data = {name: encode(getattr(value, name)) for name in _names(cast(Hashable, type(value)))}
    return {**value.extra, **data} if isinstance(value, Extensible) and value.extra else data


@functools.cache
def _names(kind: Hashable) -> tuple[str, ...]:
    """Return the names of a dataclass's fields that are stored under their own name."""
    return tuple(each.name for each in dataclasses.fields(cast(type, kind)) if each.name != _EXTRA)


def versioned(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a row or a message with its schema version."""
    return {**data, SCHEMA_FIELD: SCHEMA}


def check_schema(data: Mapping[str, Any]) -> None:
    """Raise NotUnderstood where the data has a newer schema version, or an invalid one."""
    schema = data.get(SCHEMA_FIELD, 1)
    if isinstance(schema, bool) or not isinstance(schema, int) or not 1 <= schema <= SCHEMA:
        raise NotUnderstood("schema", f"this version reads 1 to {SCHEMA}")


def decode(kind: type[T], data: Any) -> T:
    """Return the dataclass from which ``encode`` made ``data``; raise NotUnderstood on any other data.

    The error is FieldMissing if only a field without a default is missing. A field that the data
    lacks gets its default, so old rows stay readable. A field that the type lacks is kept if the
    type is Extensible, and ignored otherwise.
    """
    if not isinstance(data, Mapping):
        raise NotUnderstood(kind.__name__, "not an object")
    check_schema(data)
    decoders, keeps = _decoders(cast(Hashable, kind))
    found = {}
    for name, item in data.items():
        if decoder := decoders.get(name):
            try:
                found[name] = decoder(item)
            except (TypeError, ValueError, OverflowError) as error:
                raise NotUnderstood(f"{kind.__name__}.{name}", str(type(error).__name__)) from None
    if keeps and (extra := data.keys() - decoders.keys() - {SCHEMA_FIELD}):
        found[_EXTRA] = {name: data[name] for name in data if name in extra}
    try:
        return kind(**found)
    except TypeError:  # a field without a default is missing
        raise FieldMissing(f"{kind.__name__}.{_missing(kind, found)}", "it is missing") from None


def _missing(kind: Any, found: Mapping[str, Any]) -> str:
    """Return the name of the first field that has no default and was not found."""
    unset = dataclasses.MISSING
    return next(
        each.name
        for each in dataclasses.fields(kind)
        if each.name not in found and each.default is unset and each.default_factory is unset
    )


def text_in(data: Mapping[str, Any], name: str) -> str:
    """Return a text of a row that no type decodes; raise NotUnderstood, also on a newer schema."""
    found: str = _field(data, name, functools.partial(_plain, str))
    return found


def number_in(data: Mapping[str, Any], name: str) -> int:
    """Return a whole number of a row that no type decodes; raise NotUnderstood."""
    found: int = _field(data, name, functools.partial(_plain, int))
    return found


def time_in(data: Mapping[str, Any], name: str) -> datetime:
    """Return a time of a row that no type decodes; raise NotUnderstood."""
    found: datetime = _field(data, name, _moment)
    return found


def texts_in(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts of a row that no type decodes; raise NotUnderstood."""
    text = functools.partial(_plain, str)
    found: tuple[str, ...] = _field(data, name, functools.partial(_sequence, tuple, text))
    return found


def _field(data: Mapping[str, Any], name: str, decoder: Decoder) -> Any:
    check_schema(data)
    try:
        return decoder(data.get(name))
    except (TypeError, ValueError) as error:
        raise NotUnderstood(name, type(error).__name__) from None


def is_known(value: enum.StrEnum) -> bool:
    """Tell whether this version has such a member; ``decode`` keeps an unknown value as its text."""
    return value.value in type(value)._value2member_map_


def member(kind: type[E], text: Any) -> E:
    """Return a member by its value; an unknown value becomes a member that equals only its text.

    Raise TypeError where ``text`` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError
    try:
        return kind(text)
    except ValueError:
        other = str.__new__(kind, text)
        other._name_ = other._value_ = text
        return other


@functools.cache
def _decoders(kind: Hashable) -> tuple[Mapping[str, Decoder], bool]:
    """Return the decoder of each field of a dataclass, and whether it keeps unknown fields."""
    owner = cast(type, kind)
    hints = get_type_hints(owner)
    decoders = {name: _decoder(hints[name]) for name in _names(kind)}
    return decoders, issubclass(owner, Extensible)


def _decoder(kind: Any) -> Decoder:
    if kind is Any:
        return lambda data: data
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _decoder(next(each for each in arguments if each is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin in (tuple, frozenset):
        return functools.partial(_sequence, origin, _decoder(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return functools.partial(_mapping, _decoder(arguments[1]))
    return _scalar_decoder(kind)


def _scalar_decoder(kind: Any) -> Decoder:
    if dataclasses.is_dataclass(kind):
        return functools.partial(decode, cast(type, kind))
    if kind is datetime:
        return _moment
    if kind is date:
        return _day
    if issubclass(kind, enum.StrEnum):
        return functools.partial(member, kind)
    return functools.partial(_plain, kind)


def _sequence(origin: Callable[[Any], Any], inner: Decoder, data: Any) -> Any:
    if not isinstance(data, list | tuple):
        raise TypeError
    return origin(inner(item) for item in data)


def _mapping(inner: Decoder, data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise TypeError
    return {name: inner(item) for name, item in data.items()}


def _moment(data: Any) -> datetime:
    moment = datetime.fromisoformat(data)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _day(data: Any) -> date:
    return date.fromisoformat(data)


def _plain(kind: type, data: Any) -> Any:
    """Return a string, a boolean or a whole number; raise TypeError on another type."""
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise TypeError
    return data

"""Every version decodes stored and queued data: older, newer, or arbitrary."""

import dataclasses
import enum
import json
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drift.arm.cached_read import CachedRead
from drift.codec import decode, encode, is_known
from drift.delivery.cursor import Cursor
from drift.errors import NotUnderstood
from drift.events import KINDS, of_kind
from drift.extensible import Extensible
from drift.model import Severity
from drift.notices import Notice
from drift.queues.decoding import OWN, kind_of, own
from drift.queues.outbound import MessageKind
from drift.state import packing
from drift.state.incident_record import Incident
from drift.state.keys import RowKind
from drift.state.resource_record import Record
from drift.state.sweep_state import Sweep
from tests.drift.state.stored_types import WHOLE, stored_types

OLD: Final[Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("stored_d4c15fe.json").read_text("utf-8")
)
TYPES: Final = [each for each in WHOLE if dataclasses.is_dataclass(each)]
NAMES: Final = {"schema", *(each.__name__ for each in stored_types())}
REWRITTEN: Final = [each for each in TYPES if issubclass(each, Extensible)]

LATER: Final = {
    *("deferred", "budget", "message", "ageing", "stored", "forget", "age"),
    *("affected", "fanning", "config", "release", "mark", "logged", "clock"),
    *("evidence", "log", "investigate", "remind", "paged"),
}
"""Kinds of rows and messages that the older version did not have."""

JSON: Final = st.sampled_from(
    [None, True, 0, -7, "", "text", [], ["a", 1], {}, {"a": {"b": [None]}}]
)
EXTRA: Final = st.dictionaries(st.sampled_from(["novel", "more", "extra"]), JSON, min_size=1)


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a stored type or of the hint of a field."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return JSON
    if origin in (Union, types.UnionType):
        return st.one_of(*map(anything, arguments))
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.text(max_size=5), anything(arguments[1]), max_size=2)
    return scalar(hint)


def scalar(hint: Any) -> st.SearchStrategy[Any]:
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        names = [each.name for each in dataclasses.fields(hint) if each.name != "extra"]
        return st.builds(cast(type, hint), **{name: anything(hints[name]) for name in names})
    if issubclass(hint, enum.StrEnum):
        return st.sampled_from(list(hint))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        datetime: st.datetimes(timezones=st.just(UTC)),
        date: st.dates(),
        str: st.text(max_size=8),
        int: st.integers(),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return plain[hint]


def samples(kind: str, packed: str = "") -> list[Any]:
    """Return what d4c15fe stored in rows of a kind."""
    rows = [each["data"] for each in OLD["rows"][kind]]
    return [packing.unpack(each, packed) for each in rows] if packed else rows


def old_values() -> list[Any]:
    """Return each stored type with data of it that d4c15fe wrote."""
    found: list[tuple[type, Any]] = [
        *((Record, each) for each in samples("resource", "record")),
        *((Incident, each) for each in samples("incident", "incident")),
        *((Notice, each) for each in samples("outbox", "notice")),
        *((Cursor, each) for each in samples("cursor")),
        *((Sweep, each) for each in samples("sweep")),
        *((CachedRead, each) for row in samples("related", "memory") for each in row.values()),
    ]
    return [pytest.param(kind, data, id=kind.__name__) for kind, data in found]


def differences(before: Any, after: Any) -> list[str]:
    """Return the fields that data had before and lacks now; added fields are no difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            f"{name}.{each}"
            for name in before
            for each in differences(before[name], after.get(name, "absent"))
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [each for pair in zip(before, after, strict=True) for each in differences(*pair)]
    return [] if before == after else [f"{before!r} became {after!r}"]


@pytest.mark.parametrize(("kind", "data"), old_values())
def test_a_record_of_an_older_version_means_the_same(kind: type, data: Any) -> None:
    assert differences(data, encode(decode(kind, data))) == []


@pytest.mark.parametrize("data", [each for found in OLD["messages"].values() for each in found])
def test_a_message_of_an_older_version_means_the_same(data: Mapping[str, Any]) -> None:
    kind = kind_of(data)
    message = own(kind, data) if kind in OWN else of_kind(kind, data)

    assert differences({**data, "kind": kind.value}, {"kind": kind.value, **encode(message)}) == []


def test_the_older_version_wrote_every_kind_of_row_and_message_that_it_knew() -> None:
    rows = {each.partition("|")[0] for each in OLD["rows"]}

    assert rows == {each.value for each in RowKind} - LATER
    assert set(OLD["messages"]) == {each.value for each in MessageKind} - LATER


def test_every_kind_of_message_has_one_type() -> None:
    assert {*KINDS, *OWN} == set(MessageKind)


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_stored_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    value = data.draw(anything(kind))

    assert decode(kind, json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize("kind", REWRITTEN)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), extra=EXTRA)
def test_a_field_of_a_newer_version_is_written_back(
    kind: type, data: st.DataObject, extra: Mapping[str, Any]
) -> None:
    stored = {**encode(data.draw(anything(kind))), **extra}

    assert encode(decode(kind, stored)) == stored


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), content=JSON)
def test_any_other_content_is_understood_or_said_not_to_be(
    kind: type, data: st.DataObject, content: Any
) -> None:
    stored = encode(data.draw(anything(kind)))
    name = data.draw(st.sampled_from([*stored, "schema"]))
    try:
        decode(kind, {**stored, name: content})
    except NotUnderstood as error:
        assert error.what.partition(".")[0] in NAMES  # noqa: PT017 - or it is understood


@settings(deadline=None)
@given(JSON)
def test_what_is_no_object_is_said_not_to_be_understood(content: Any) -> None:
    if not isinstance(content, dict):
        with pytest.raises(NotUnderstood):
            decode(Record, content)


@settings(deadline=None)
@given(st.text().filter(lambda each: each not in set(Severity)))
def test_an_enum_value_of_a_newer_version_stays_as_it_is_and_equals_no_other(text: str) -> None:
    data = {**samples("incident", "incident")[0], "severity": text}
    incident = decode(Incident, data)

    assert not is_known(incident.severity)
    assert incident.severity not in list(Severity)
    assert encode(incident)["severity"] == text


@pytest.mark.parametrize("schema", [2, 0, True, "1", None])
def test_a_schema_that_this_version_does_not_read_is_not_understood(schema: object) -> None:
    with pytest.raises(NotUnderstood, match="schema"):
        decode(Cursor, {"told": 1, "schema": schema})

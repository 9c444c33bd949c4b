"""Calls a function as the Python worker does, and turns its outputs into messages.

Values are decoded and encoded by the converters of azure.functions itself, which the worker uses.
"""

import asyncio
import inspect
import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import azure.functions as func
from azure.functions.meta import Datum

from adapters.queues.protocol import TakenMessage
from functions_host.functions.index import (
    EVENT_GRID_TRIGGER,
    QUEUE_TRIGGER,
    RETURN,
    TIMER_TRIGGER,
    Function,
)

Outputs = Sequence[tuple[str, str]]
"""Queue messages as (queue, text)."""

_REGISTRY: Final[Any] = func.get_binding_registry()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The trigger of an invocation: a value as the host sends it to the worker, and its metadata."""

    kind: str
    value: Any = field(repr=False)
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FunctionResult:
    """The return value of a function, and its messages."""

    value: Any = field(repr=False)
    outputs: Outputs = field(repr=False)


class _Out(func.Out[Any]):
    """An output parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        """Keep the value; it replaces an earlier one."""
        self._value = val

    def get(self) -> Any:
        """Return the value, None where none was set."""
        return self._value


def event(text: str) -> Arrival:
    """One event of Event Grid, as JSON."""
    return Arrival("json", text)


def message(taken: TakenMessage) -> Arrival:
    """One message taken off a queue."""
    metadata = {
        "Id": str(taken.id),
        "DequeueCount": taken.dequeue_count,
        "PopReceipt": taken.receipt,
    }
    return Arrival("string", taken.text, metadata)


def timer(*, past_due: bool, last: datetime | None, due: datetime | None) -> Arrival:
    """One run of a timer."""
    status = {"Last": _iso(last), "LastUpdated": _iso(last), "Next": _iso(due)}
    details = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return Arrival("json", json.dumps(details))


def call(function: Function, arrival: Arrival) -> FunctionResult:
    """Call a function; its error escapes, and then nothing is sent."""
    outs = {name: _Out() for name in function.queues if name != RETURN}
    arguments: dict[str, Any] = {function.parameter: _decoded(function, arrival), **outs}
    if function.takes_context:
        arguments["context"] = _context(function)
    value = function.call(**arguments)
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    sent = {name: out.get() for name, out in outs.items()}
    if RETURN in function.queues:
        sent[RETURN] = value
    elif value is not None and not function.answers_http:
        raise TypeError(f"{function.name} returned a value, and has no output for one")
    return FunctionResult(
        value,
        [
            (function.queues[name], text)
            for name, each in sent.items()
            if each is not None
            for text in _texts(each)
        ],
    )


def _decoded(function: Function, arrival: Arrival) -> Any:
    """Decode what arrived; a parameter annotated ``str`` gets the text as it came."""
    if function.takes_text and function.trigger in (
        QUEUE_TRIGGER,
        EVENT_GRID_TRIGGER,
        TIMER_TRIGGER,
    ):
        return arrival.value
    metadata = {name: _datum(value) for name, value in arrival.metadata.items()}
    return _REGISTRY.get(function.trigger).decode(
        Datum(arrival.value, arrival.kind), trigger_metadata=metadata
    )


def _context(function: Function) -> SimpleNamespace:
    """Return the context of an invocation."""
    return SimpleNamespace(
        invocation_id=str(uuid.uuid4()),
        function_name=function.name,
        function_directory=str(Path(inspect.getfile(function.call)).parent),
        thread_local_storage=threading.local(),
        trace_context=None,
        retry_context=None,
    )


def _datum(value: Any) -> Datum:
    return Datum(value, "string") if isinstance(value, str) else Datum(json.dumps(value), "json")


def _texts(value: Any) -> list[str]:
    """Return the messages of an output: the host sends an array as one message an element."""
    datum = _REGISTRY.get("queue").encode(value, expected_type=None)
    text = datum.value.decode() if datum.type == "bytes" else datum.value
    try:
        elements = json.loads(text)
    except ValueError:
        return [text]
    if not isinstance(elements, list):
        return [text]
    return [each if isinstance(each, str) else json.dumps(each) for each in elements]


def _iso(moment: datetime | None) -> str:
    """Return a time as the host writes it; its word for never is the first of all times."""
    return (moment or datetime.min.replace(tzinfo=UTC)).isoformat()

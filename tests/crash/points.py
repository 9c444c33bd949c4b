"""Points where a process can crash: after each call that changes something, found in the ports.

A point is named by what was running, the call, and how often that call had been made there. What is
wrapped is whatever the modules of ports declare: a method, a port or a part added later is covered with
no edit here.
"""

import functools
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, get_args, get_type_hints

from drift import ports
from drift.errors import Conflict
from drift.evidence import ports as evidence_ports
from drift.services import Services

MARKLESS = frozenset(
    {
        *("Store.get", "Store.range"),
        *("SqliteQueues.counts", "SqliteQueues.open", "SqliteQueues.close", "TimerClaims.close"),
    }
)
"""Reads of the monitor's own rows: a crash after one equals a crash after the call before it."""

Pass = Callable[[str], None]
"""Called at each point; it may end the process or simulate that."""

_running: ContextVar[str] = ContextVar("running", default="")


@contextmanager
def running(what: str) -> Iterator[None]:
    """Name what runs, so that the points passed meanwhile are named by it."""
    token = _running.set(what)
    try:
        yield
    finally:
        _running.reset(token)


class Counted:
    """Numbers the points by name, so that the same one is found again in another run."""

    def __init__(self, reached: Pass) -> None:
        self._reached = reached
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, call: str) -> None:
        name = f"{_running.get()} > {call}" if _running.get() else call
        with self._lock:
            self._times[name] += 1
            number = self._times[name]
        self._reached(f"{name} #{number}")


def call_of(point: str) -> str:
    """Return the call that a point is named by, as ``Port.method``."""
    return re.sub(r"\[.*?\]| #\d+$", "", point.rpartition(" > ")[2])


class Watched:
    """A part of which every call that leaves a mark is a point, also one that raises.

    A commit that conflicts writes nothing, and a call that answers that it did nothing (False, 0,
    an empty tuple) left no mark either.
    """

    def __init__(self, part: object, calls: Iterable[str], told: Pass, *, kind: str) -> None:
        self._part = part
        self._calls = frozenset(calls)
        self._told = told
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._calls:
            return found

        return _telling(found, f"{self._kind}.{name}", self._told)


def _telling(call: Callable[..., Any], point: str, told: Pass) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            answer = call(*args, **kwargs)
        except Conflict:
            raise
        except Exception:
            told(point)
            raise
        if answer is None or answer:
            told(point)
        return answer

    return called


def watching(kind: type, told: Pass) -> type:
    """Return a class that is another, of which every call that leaves a mark is a point.

    For what the host makes for itself: its queues, and its claims on timers.
    """
    calls = {
        name: _telling(getattr(kind, name), f"{kind.__name__}.{name}", told)
        for name in methods_of(kind)
        if f"{kind.__name__}.{name}" not in MARKLESS
    }
    return type(kind.__name__, (kind,), calls)


def methods_of(kind: type) -> frozenset[str]:
    """Return the names of the public methods that a class declares; its properties are no calls."""
    return frozenset(
        name for name, each in vars(kind).items() if callable(each) and not name.startswith("_")
    )


@functools.cache
def declared_ports() -> tuple[type, ...]:
    """Return every Protocol that the modules of ports declare."""
    own = (
        each
        for module in (ports, evidence_ports)
        for each in vars(module).values()
        if getattr(each, "__module__", "") == module.__name__
    )
    return tuple(each for each in own if getattr(each, "_is_protocol", False))


@functools.cache
def marking_calls(port: type) -> frozenset[str]:
    """Return the methods of a port whose calls leave a mark."""
    return frozenset(name for name in methods_of(port) if f"{port.__name__}.{name}" not in MARKLESS)


def watched(
    services: Services, told: Pass, calls: Callable[[type], frozenset[str]] = marking_calls
) -> Services:
    """Return the parts with each one that implements a port watched, whichever field holds it.

    ``calls`` chooses, port by port, which calls are points.
    """
    found = {
        name: _watched(getattr(services, name), told, kind=port.__name__, calls=calls(port))
        for name, port in ports_of(Services).items()
    }
    return replace(services, **found)


@functools.cache
def ports_of(kind: type) -> Mapping[str, type]:
    """Return which fields of a dataclass hold a port: itself, optional, or a tuple of them."""
    known = declared_ports()
    return {
        name: port
        for name, hint in get_type_hints(kind).items()
        for port in (hint, *get_args(hint))
        if port in known
    }


def _watched(value: Any, told: Pass, *, kind: str, calls: frozenset[str]) -> Any:
    if isinstance(value, tuple):
        return tuple(_watched(each, told, kind=kind, calls=calls) for each in value)
    if value is None:
        return None
    name = getattr(value, "name", "")
    if hasattr(value, "send_heartbeat"):
        kind, calls = ports.HeartbeatChannel.__name__, calls | marking_calls(ports.HeartbeatChannel)
    return Watched(value, calls, told, kind=f"{kind}[{name}]" if name else kind)

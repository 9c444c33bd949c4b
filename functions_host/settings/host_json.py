"""The settings of host.json and its ``AzureFunctionsJobHost__…`` overrides that this host uses.

https://learn.microsoft.com/azure/azure-functions/functions-host-json
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from drift.errors import BadSettings

FILE: Final = "host.json"
THREADS: Final = "PYTHON_THREADPOOL_THREAD_COUNT"
_OVERRIDE: Final = "azurefunctionsjobhost__"
_SPAN: Final = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?")
_DEFAULT_TIMEOUT: Final[float | None] = 1800.0
_QUEUES: Final = 3
_SPARE_THREADS: Final = 8
_DEFAULT_THREADS: Final = _QUEUES * 24 + _SPARE_THREADS

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """The host's settings for queues, HTTP and time-outs; the defaults are those of Azure."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_seconds: float = 0.0
    polling_seconds: float = 60.0
    lease_seconds: float = 600.0
    timeout_seconds: float | None = _DEFAULT_TIMEOUT
    route_prefix: str = "api"
    threads: int = _DEFAULT_THREADS


def read(folder: Path, env: Mapping[str, str]) -> HostSettings:
    """Read host.json, if it is there, and its overrides; raise one BadSettings."""
    tree = _lowered(_content(folder / FILE))
    for name, value in env.items():
        if name.lower().startswith(_OVERRIDE):
            _override(tree, name.lower()[len(_OVERRIDE) :].split("__"), value)
    asked = _SettingsTree(tree)
    settings = _settings(asked, env)
    if asked.problems:
        raise BadSettings(tuple(asked.problems))
    return settings


class _SettingsTree:
    """A tree of settings, read by path; collects the problems of wrong values."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._tree = tree
        self.problems: list[str] = []

    def value(self, path: str, read: Callable[[str], _T], default: _T) -> _T:
        """Return the value at a path, the default where it is absent or wrong."""
        found: Any = self._tree
        for name in path.lower().split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return (
            default
            if found is None
            else self.converted(f"{FILE}: {path}", str(found), read, default)
        )

    def converted(self, name: str, text: str, read: Callable[[str], _T], default: _T) -> _T:
        """Return the converted text, the default if it is wrong."""
        try:
            return read(text)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return default


def _settings(asked: _SettingsTree, env: Mapping[str, str]) -> HostSettings:
    queues = "extensions.queues"
    batch_size = asked.value(f"{queues}.batchSize", _whole(1, 32), 16)
    threshold = asked.value(f"{queues}.newBatchThreshold", _whole(0, 1000), batch_size // 2)
    return HostSettings(
        batch_size=batch_size,
        new_batch_threshold=threshold,
        max_dequeue_count=asked.value(f"{queues}.maxDequeueCount", _whole(1, 1000), 5),
        visibility_seconds=asked.value(f"{queues}.visibilityTimeout", _seconds, 0.0),
        polling_seconds=asked.value(f"{queues}.maxPollingInterval", _positive_seconds, 60.0),
        lease_seconds=asked.value(f"{queues}.leaseSeconds", _positive, 600.0),
        timeout_seconds=asked.value("functionTimeout", _timeout, _DEFAULT_TIMEOUT),
        route_prefix=asked.value("extensions.http.routePrefix", str, "api").strip("/"),
        threads=_threads(asked, env, batch_size + threshold),
    )


def _threads(asked: _SettingsTree, env: Mapping[str, str], batch: int) -> int:
    """Return the size of the pool; the default has threads for a full batch of each queue.

    So long deliveries or background work never wait in front of events. With fewer than a full batch,
    messages are held by their leases and not run.
    """
    default = _QUEUES * batch + _SPARE_THREADS
    if not env.get(THREADS):
        return default
    threads = asked.converted(THREADS, env[THREADS], _whole(1, 1000), default)
    if threads < batch:
        asked.problems.append(
            f"{THREADS} is below batchSize + newBatchThreshold of {FILE} ({batch})"
        )
    return threads


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadSettings((f"{path} cannot be read as JSON: {error}",)) from None
    if not isinstance(content, dict):
        raise BadSettings((f"{path} is not a JSON object",))
    return content


def _lowered(value: Any) -> Any:
    """Return a tree with names in lower case: the host compares them that way."""
    if isinstance(value, dict):
        return {str(name).lower(): _lowered(each) for name, each in value.items()}
    return value


def _override(tree: dict[str, Any], path: list[str], value: str) -> None:
    *above, last = path
    for name in above:
        below = tree.get(name)
        if not isinstance(below, dict):
            below = tree[name] = {}
        tree = below
    tree[last] = value


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return int(text)

    return read


def _positive(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) == 0:
        raise ValueError("is not a number of seconds above 0")
    return float(text)


def _seconds(text: str) -> float:
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError("is not a time span such as 00:00:30")
    days, hours, minutes, seconds = (float(each or 0) for each in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _positive_seconds(text: str) -> float:
    seconds = _seconds(text)
    if seconds == 0:
        raise ValueError("is not a time span above 0")
    return seconds


def _timeout(text: str) -> float | None:
    return None if text == "-1" else _positive_seconds(text)

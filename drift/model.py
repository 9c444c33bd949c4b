"""The nouns of the domain: resource, control, verdict, evidence, actor."""

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from drift import ids
from drift.errors import Unreadable
from drift.extensible import Extensible
from drift.fixes import Fix

T = TypeVar("T")


class Missing(enum.Enum):
    """The type of MISSING."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING
"""The value of a property that is absent or null in ARM's answer; it does not mean false."""

_OBJECT: Final = (dict, Mapping)
"""The types of an object in a body; almost all are a dict, which is faster to check."""


class Outcome(enum.StrEnum):
    """The outcome of a control on a resource."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    EXCEPTED = "excepted"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Severity(enum.StrEnum):
    """The severity of a failure, in ascending order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for LOW to 3 for CRITICAL; an unknown severity of a newer version ranks above all."""
        return _RANKS.get(self, len(_RANKS))

    def lowered(self, steps: int = 1) -> "Severity":
        """Return the severity that is ``steps`` lower, at least LOW."""
        return list(Severity)[max(0, min(self.rank, Severity.CRITICAL.rank) - steps)]


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Resource:
    """One ARM document: its id as ARM spells it, its type in lower case, its body.

    A document that is not ``whole`` (from an event, of an older api-version) proves nothing absent.
    A body never changes: a resource caches each value that was read, and what was computed from it.
    """

    id: str
    type: str
    body: Mapping[str, Any] = field(repr=False)
    whole: bool = True
    _values: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _made: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Return the last segment of the id."""
        return ids.name_of(self.id)

    @property
    def tags(self) -> Mapping[str, str]:
        """Return the tags on the resource itself."""
        tags = self.get("tags")
        return tags if isinstance(tags, Mapping) else {}

    def get(self, path: str) -> Any:
        """Return the value at a dotted path, MISSING where absent or null; names ignore case.

        Raise Unreadable where it is absent from a document that is not whole.
        """
        value = self._values.get(path)
        if value is None:  # a value is never None: null is MISSING
            value = self._find(path)
        if value is MISSING and not self.whole:
            raise Unreadable(path, "not in the event's document")
        return value

    def shown(self, path: str) -> Any:
        """Return the value at a dotted path as ``get`` does, but MISSING where ``get`` raises."""
        value = self._values.get(path)
        return self._find(path) if value is None else value

    def _find(self, path: str) -> Any:
        """Find a value in its parent value, whose names are folded at most once, and cache it."""
        above, _, name = path.rpartition(".")
        holder = self.shown(above) if above else self.body
        value: Any = None
        if isinstance(holder, _OBJECT):
            shown = name in holder
            value = holder[name] if shown else self._fold(above, holder).get(name.lower())
        value = self._values[path] = MISSING if value is None else value
        return value

    def _fold(self, path: str, holder: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the object at a path with its names in lower case."""
        names: Mapping[str, Any] | None = self._made.get(path)
        if names is None:
            names = self._made[path] = _folded(holder)
        return names

    def derived(self, build: Callable[["Resource"], T]) -> T:
        """Return a function's result for this resource; the function is called only once."""
        if build not in self._made:
            self._made[build] = build(self)
        made: T = self._made[build]
        return made

    def flag(self, path: str) -> bool | Missing:
        """Return a boolean, also from 0/1 or "True"/"False"; raise Unreadable on any other value."""
        return flag_of(self.get(path), path)

    def word(self, path: str) -> str | Missing:
        """Return a string in lower case (ARM's enums ignore case); raise Unreadable on other types."""
        return word_of(self.get(path), path)

    def number(self, path: str) -> int | Missing:
        """Return a whole number; raise Unreadable on any other value."""
        value: object = self.get(path)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is MISSING:
            return MISSING
        raise Unreadable(path, f"{_shown(value)} is not a whole number")

    def items(self, path: str) -> tuple[Any, ...]:
        """Return a list, () where it is absent; raise Unreadable on any other value."""
        value = self.get(path)
        if value is MISSING:
            return ()
        if isinstance(value, list | tuple):
            return tuple(value)
        raise Unreadable(path, f"{_shown(value)} is not a list")


def flag_of(value: object, path: str) -> bool | Missing:
    """Return the value at a path as ``Resource.flag`` does."""
    if value is MISSING or isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Unreadable(path, f"{_shown(value)} is not a boolean")


def word_of(value: object, path: str) -> str | Missing:
    """Return the value at a path as ``Resource.word`` does."""
    if isinstance(value, str):
        return value.lower()
    if value is MISSING:
        return MISSING
    raise Unreadable(path, f"{_shown(value)} is not a string")


def dig(body: object, path: str) -> Any:
    """Return the value at a dotted path below ``body``, or MISSING; names ignore case."""
    for name in path.split("."):
        if not isinstance(body, _OBJECT):
            return MISSING
        body = body[name] if name in body else _any_case(body, name)
        if body is None or body is MISSING:
            return MISSING
    return body


def _folded(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with names in lower case; of names that differ only by case, the first counts."""
    return {name.lower(): value for name, value in reversed(tuple(body.items()))}


def _any_case(body: Mapping[str, Any], name: str) -> Any:
    wanted = name.lower()
    for each, value in body.items():
        if each.lower() == wanted:
            return value
    return MISSING


def _shown(value: object) -> str:
    """Return a scalar of an unexpected type as JSON, else say whether it is a list or an object.

    An object is looked into: one that cannot be read raises its own Unreadable, which says why.
    """
    if isinstance(value, Mapping):
        return "an object" if value else "an empty object"
    if isinstance(value, list | tuple):
        return "a list"
    return json.dumps(value, ensure_ascii=False, default=str)[:40]


@dataclass(frozen=True, slots=True)
class Evidence(Extensible):
    """One property that decided a verdict: its path, its value, and the required value or ""."""

    path: str
    value: Any
    expected: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one control on one resource.

    ``severity`` is for a PHI resource, None for the control's own severity; it is used for FAIL
    only.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The description of a control, without its logic.

    ``severity`` is for PHI resources, ``otherwise`` for all others. ``watches`` maps each type that
    the verdict depends on (lower case) to the relevant property paths. The first type is evaluated,
    and so are those in ``also_judges``. ``reads_its_kind``: the verdict may also depend on other
    resources of these types. ``leaves_out`` states what the control does not check although a
    reader may expect it. ``resource_types`` are the types that it evaluates, in lower case.
    """

    id: str
    title: str
    service: str
    severity: Severity
    otherwise: Severity
    hipaa: tuple[str, ...]
    why: str
    fix: str
    watches: Mapping[str, tuple[str, ...]]
    also_judges: tuple[str, ...] = ()
    reads_its_kind: bool = False
    leaves_out: str = ""
    resource_types: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resource_types", (next(iter(self.watches)), *self.also_judges))


@dataclass(frozen=True, slots=True)
class Actor(Extensible):
    """The actor of a change.

    ``name`` is the UPN or mail of a person, the resource's name of a managed identity, else an
    application or object id. ``ip`` is the address of the request, or the address of the sign-in where
    the event shows no other (``ip_is_sign_in``). ``sign_in_ip`` is the address of the sign-in, ""
    where unknown. ``mfa`` is None where unknown. ``is_guest``: a person of another directory.
    """

    name: str
    object_id: str = ""
    ip: str = ""
    app_id: str = ""
    mfa: bool | None = None
    sign_in_ip: str = ""
    ip_is_sign_in: bool = False
    is_guest: bool = False
    is_managed_identity: bool = False


_FILE: Final = "monitor.toml"
"""A name that keeps its case at the beginning of a sentence."""


def sentence(text: str) -> str:
    """Return a fragment with a capital and a full stop, "" for ""; a text with a final mark keeps it."""
    if not text:
        return ""
    stopped = text if text.endswith((".", "!", "?")) else f"{text}."
    return stopped if stopped.startswith(_FILE) else f"{stopped[0].upper()}{stopped[1:]}"

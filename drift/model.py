"""The nouns: a resource as ARM shows it, a control, its verdict, and who may have caused it."""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drift import ids
from drift.codec import Extensible
from drift.errors import Unreadable
from drift.fixes import Fix


class Missing(enum.Enum):
    """The type of MISSING."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING
"""What a property is when ARM does not show it, or shows null. Never the same as false."""


class Outcome(enum.StrEnum):
    """What a control says of a resource."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    EXCEPTED = "excepted"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Severity(enum.StrEnum):
    """How bad a failure is; ordered, LOW is the least."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for LOW to 3 for CRITICAL; a severity of a newer version ranks above all."""
        known = list(Severity)
        return known.index(self) if self in known else len(known)

    def lowered(self, steps: int = 1) -> "Severity":
        """Return the severity so many steps below, LOW at the least."""
        return list(Severity)[max(0, min(self.rank, Severity.CRITICAL.rank) - steps)]


@dataclass(frozen=True, slots=True)
class Resource:
    """One ARM document: its id as ARM spells it, its type in lower case, its body.

    Of one that is not ``whole`` (an event's, of an older api-version) nothing is known to be absent.
    """

    id: str
    type: str
    body: Mapping[str, Any] = field(repr=False)
    whole: bool = True

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

        Raise Unreadable where it is not shown in a document that is not whole.
        """
        value = dig(self.body, path)
        if value is MISSING and not self.whole:
            raise Unreadable(path, "not shown in the event")
        return value

    def flag(self, path: str) -> bool | Missing:
        """Return a boolean, also one sent as 0/1 or "True"/"False"; raise Unreadable on others."""
        value = self.get(path)
        if value is MISSING or isinstance(value, bool):
            return value
        if value in (0, 1):
            return bool(value)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise Unreadable(path, f"{_shown(value)} is not a boolean")

    def word(self, path: str) -> str | Missing:
        """Return a string in lower case (ARM's enums ignore case); raise Unreadable on others."""
        value: object = self.get(path)
        if isinstance(value, str):
            return value.lower()
        if value is MISSING:
            return MISSING
        raise Unreadable(path, f"{_shown(value)} is not a string")

    def number(self, path: str) -> int | Missing:
        """Return a whole number; raise Unreadable on anything else."""
        value: object = self.get(path)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is MISSING:
            return MISSING
        raise Unreadable(path, f"{_shown(value)} is not a whole number")

    def items(self, path: str) -> tuple[Any, ...]:
        """Return a list, empty where it is absent; raise Unreadable on anything else."""
        value = self.get(path)
        if value is MISSING:
            return ()
        if isinstance(value, list | tuple):
            return tuple(value)
        raise Unreadable(path, f"{_shown(value)} is not a list")


def dig(body: object, path: str) -> Any:
    """Return the value at a dotted path below ``body``, or MISSING; names ignore case."""
    for name in path.split("."):
        if not isinstance(body, Mapping):
            return MISSING
        body = body[name] if name in body else _any_case(body, name)
        if body is None or body is MISSING:
            return MISSING
    return body


def _any_case(body: Mapping[str, Any], name: str) -> Any:
    wanted = name.lower()
    return next((value for key, value in body.items() if key.lower() == wanted), MISSING)


def _shown(value: object) -> str:
    """Show a scalar of an unexpected type as JSON; a larger value is named by its type only."""
    scalar = isinstance(value, str | int | float)
    return json.dumps(value, ensure_ascii=False)[:40] if scalar else type(value).__name__


@dataclass(frozen=True, slots=True)
class Evidence(Extensible):
    """One property that decided a verdict: where it is, what it is, what it must be."""

    path: str
    value: Any
    expected: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one control says of one resource.

    ``severity`` is that of a PHI resource, None for the control's own; it counts for FAIL only.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a control is, apart from its logic.

    ``severity`` is for PHI resources, ``otherwise`` for the rest. ``watches`` maps each type the
    verdict depends on (lower case) to the property paths that matter: the first is the type judged,
    ``also_judges`` names others of them that are judged by the same rule. ``reads_its_kind``: the
    verdict may also rest on other resources of these types. ``leaves_out`` says what it does not look
    at, where somebody might think that it does.
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

    @property
    def resource_types(self) -> tuple[str, ...]:
        """Return the types of the resources this control judges, in lower case."""
        return (next(iter(self.watches)), *self.also_judges)


@dataclass(frozen=True, slots=True)
class Actor(Extensible):
    """Who made a change: ``name`` is the UPN, else the application id; ``mfa`` None: unknown."""

    name: str
    object_id: str = ""
    ip: str = ""
    app_id: str = ""
    mfa: bool | None = None


def sentence(text: str) -> str:
    """Return a fragment as one sentence, "" for none; a text that ends a sentence already keeps it."""
    if not text:
        return ""
    stopped = text if text.endswith((".", "!", "?")) else f"{text}."
    return f"{stopped[0].upper()}{stopped[1:]}"

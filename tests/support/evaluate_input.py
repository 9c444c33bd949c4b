"""Controls made for a test of ``phidrift evaluate``, its input, and its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

ROOT = Path(__file__).parents[2]
GROUP = "/subscriptions/5a4e1f9c-0d5b-4c1e-9f37-2f6f3c1b7d10/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/clinic"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
PHI = {"dataClassification": "phi"}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(slots=True)
class FakeDetector:
    """A control of storage accounts whose decision is handed in."""

    CONTROL: Control
    decide: Callable[[Resource, Estate], Verdict]

    def evaluate(self, resource: Resource, estate: Estate) -> Verdict:
        return self.decide(resource, estate)


def control(name: str) -> Control:
    return Control(
        id=name,
        title="A door is shut",
        service="Storage",
        severity=Severity.CRITICAL,
        otherwise=Severity.HIGH,
        hipaa=("164.312(a)(1)",),
        why="Doors let people in.",
        fix="az door shut",
        watches={"microsoft.storage/storageaccounts": ("properties.open",)},
    )


def door(resource: Resource, _: Estate) -> Verdict:
    """Fail where a door is open; a door that is not shown is unknown."""
    opened = resource.flag("properties.open")
    evidence = (Evidence("properties.open", opened, "false"),)
    if opened is MISSING:
        return Verdict(Outcome.UNKNOWN, "no door is shown", evidence)
    if opened:
        fix = Fix((SetProperty(resource.id, "properties.open", False),), "People are locked out.")
        return Verdict(Outcome.FAIL, "the door is open", evidence, fix=fix)
    return Verdict(Outcome.PASS, "the door is shut", evidence)


def private(resource: Resource, estate: Estate) -> Verdict:
    """Fail on a public container."""
    names = [
        each.name
        for each in estate.children(resource.id, "blobServices/default/containers")
        if each.word("properties.publicAccess") == "container"
    ]
    return Verdict(Outcome.FAIL if names else Outcome.PASS, f"public: {', '.join(names)}")


DOOR = FakeDetector(control("DOOR"), door)
PRIVATE = FakeDetector(control("PRIVATE"), private)


def account(name: str = ACCOUNT, **properties: Any) -> dict[str, Any]:
    return {"id": name, "tags": PHI, "properties": properties}


def container(access: str = "None", name: str = "scans") -> dict[str, Any]:
    return {"id": f"{CONTAINERS}/{name}", "properties": {"publicAccess": access}}


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    lines: list[dict[str, Any]]
    complaints: list[str]

    @property
    def outcomes(self) -> list[str]:
        return [each["outcome"] for each in self.lines]


Ask = Callable[..., Answer]

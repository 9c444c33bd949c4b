"""The posture by HIPAA section, from the last verdict of every control on every resource that is stored."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cli.incident_list.breach_dates import OWN
from cli.reporting.values import time_data
from drift import ids
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.codec import check_schema, decode, is_known
from drift.controls.citations import citation_with_rule
from drift.errors import NotUnderstood
from drift.model import Control, Outcome
from drift.ports import Store
from drift.state import keys, packing, paging
from drift.state.keys import RowKind
from drift.state.resource_record import ControlState, Record

NO_CITATION = "no citation that this version knows"
_COUNTS = (
    "judged",
    "judgedPhi",
    "open",
    "openPhi",
    "excepted",
    "unknown",
    "passed",
    "notApplicable",
)


@dataclass
class Posture:
    """Counts of resources by control and by section; its size depends on the controls, not on the estate."""

    sections: Mapping[str, tuple[str, ...]]
    controls: dict[str, Counter[str]] = field(default_factory=dict)
    by_section: dict[str, Counter[str]] = field(default_factory=dict)
    resources: int = 0
    refused: int = 0
    oldest_read: datetime | None = None

    def add(self, record: Record) -> None:
        """Count one resource, unless it is gone or no longer watched."""
        if record.absent_at or record.ended_at or record.moved_to:
            return
        judged = {name: state for name, state in record.controls.items() if name not in OWN}
        if not judged:
            return
        self.resources += 1
        read = record.documents.get(ids.key(record.id))
        at = bounds.later(read, MARGIN) if read else None
        if at and (self.oldest_read is None or at < self.oldest_read):
            self.oldest_read = at
        in_sections: dict[str, set[str]] = {}
        for name, state in judged.items():
            found = _facts(state, phi=record.phi is not False)
            self.controls.setdefault(name, Counter()).update(found)
            for section in self.sections.get(name) or (NO_CITATION,):
                in_sections.setdefault(section, set()).update(found)
        for section, facts in in_sections.items():
            if facts & {"open", "excepted", "unknown"}:
                facts.discard("passed")
            self.by_section.setdefault(section, Counter()).update(facts)


def posture_of(store: Store, controls: Iterable[Control]) -> Posture:
    """Return the posture by the present state; raise StoreUnavailable."""
    found = Posture({each.id: each.hipaa for each in controls})
    for shard in keys.PARTITIONS:
        for row in paging.all_rows(store, shard, *keys.below(RowKind.RESOURCE)):
            try:
                check_schema(row.data)
                found.add(decode(Record, packing.unpack(row.data, "record")))
            except NotUnderstood:
                found.refused += 1
    return found


def posture_data(
    found: Posture, controls: Iterable[Control], disabled: Collection[str], now: datetime
) -> Mapping[str, Any]:
    """Return the posture as JSON: each section with its controls, also those without a resource."""
    known = {each.id: each for each in controls if each.id not in OWN}
    names = {*known, *found.controls}
    sections: dict[str, list[str]] = {}
    for name in sorted(names):
        for section in found.sections.get(name) or (NO_CITATION,):
            sections.setdefault(section, []).append(name)
    return {
        "asOf": time_data(now),
        "oldestRead": time_data(found.oldest_read),
        "resources": found.resources,
        "notUnderstood": found.refused,
        "sections": [
            {
                "citation": section,
                "text": section if section == NO_CITATION else citation_with_rule(section),
                "resources": _counted(found.by_section.get(section)),
                "controls": [
                    _control(name, known.get(name), found.controls.get(name), disabled)
                    for name in listed
                ],
            }
            for section, listed in sorted(sections.items())
        ],
    }


def _control(
    name: str, control: Control | None, counted: Counter[str] | None, disabled: Collection[str]
) -> Mapping[str, Any]:
    """Return the counts of one control; ``state`` says why there are none."""
    state = "judged" if counted and counted["judged"] else "no resource judged"
    if name in disabled:
        state = "switched off in monitor.toml"
    title = control.title if control else ""
    return {"control": name, "title": title, "state": state, **_counted(counted)}


def _counted(counted: Counter[str] | None) -> dict[str, int]:
    return {name: counted[name] if counted else 0 for name in _COUNTS}


def _facts(state: ControlState, *, phi: bool) -> set[str]:
    """Return the count for one verdict: an outcome of another version counts as unknown."""
    if state.outcome is Outcome.NOT_APPLICABLE and not state.open:
        return {"notApplicable"}
    facts = {"judged", *(["judgedPhi"] if phi else [])}
    if state.open:
        facts |= {"open", *(["openPhi"] if phi else [])}
    if state.outcome is Outcome.EXCEPTED:
        facts.add("excepted")
    elif state.outcome is Outcome.UNKNOWN or not is_known(state.outcome):
        facts.add("unknown")
    elif state.outcome is Outcome.PASS and not state.open:
        facts.add("passed")
    return facts
